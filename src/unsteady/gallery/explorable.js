// A figure to play with: the sliders choose one of its frames, all of which the library has drawn before.
"use strict"

for (const figure of document.querySelectorAll("figure.explorable:not(.ready)")) {
  const controls = figure.querySelector(".sliders")
  const sliders = [...controls.querySelectorAll("input")]
  const image = figure.querySelector("img")
  const said = figure.querySelector(".said")
  const sentences = JSON.parse(controls.dataset.sentences)
  const chosen = slider => slider.list.options[slider.value]

  const label = sentence => {
    for (const slider of sliders) {
      slider.closest(".slider").querySelector(".value").textContent = chosen(slider).label
      slider.setAttribute("aria-valuetext", `${chosen(slider).label}. ${sentence}`)
    }
  }

  const show = () => {
    // Frames are in the order in which the last slider turns fastest.
    const frame = sliders.reduce((n, slider) => n * slider.list.options.length + Number(slider.value), 0)
    image.loading = "eager"
    const link = figure.querySelector(".headerlink")
    if (link) link.hash = place()
    image.src = `${controls.dataset.frames}#frame-${frame}`
    said.textContent = sentences[frame]
    label(sentences[frame])
  }

  const place = () => {
    const values = new URLSearchParams(sliders.map(slider => [slider.name, chosen(slider).text]))
    return `#${figure.id}?${values}`
  }

  const remember = () => {
    if (figure.id) history.replaceState(history.state, "", place()) // without a name, as in a notebook: nothing
  }

  const restore = () => {
    const [id, query] = location.hash.slice(1).split("?")
    if (!figure.id || id !== figure.id || query === undefined) return
    const values = new URLSearchParams(query)
    for (const slider of sliders) {
      const k = [...slider.list.options].findIndex(option => option.text === values.get(slider.name))
      if (k >= 0) slider.value = k
    }
    show()
    figure.scrollIntoView({ behavior: "instant" })
  }

  figure.classList.add("ready")
  controls.hidden = false
  controls.addEventListener("input", show)
  controls.addEventListener("change", remember)
  addEventListener("hashchange", restore)
  label(said.textContent)
  restore()
}
