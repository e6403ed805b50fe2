// The menus of a narrow screen, by keyboard: opening one moves the focus into it, Escape closes it.
"use strict"

const OPENED = 300 // milliseconds, after the drawer has moved in

for (const [name, drawer] of [["__navigation", ".sidebar-drawer"], ["__toc", ".toc-drawer"]]) {
  const box = document.getElementById(name)
  box.addEventListener("change", () => {
    const first = [...document.querySelectorAll(`${drawer} a`)].find(link => link.checkVisibility())
    if (box.checked) setTimeout(() => first?.focus(), OPENED)
  })
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && box.checked) {
      box.checked = false
      box.focus()
    }
  })
}
