"""Write the logs beside this file, each by a small run on digits with a framework's own logger.

Needs requirements.txt, in an environment of its own: ``python make.py``, or ``python make.py keras`` for one.
"""

import csv
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.update(KERAS_BACKEND="torch", HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="")

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
X, Y = load_digits(return_X_y=True)
X_TRAIN, X_VAL, Y_TRAIN, Y_VAL = train_test_split(
    (X / 16).astype(np.float32), Y, train_size=1000, random_state=0
)
X_VAL, Y_VAL = X_VAL[:360], Y_VAL[:360]


def keras_logs() -> None:
    """CSVLogger with two runs appended, and the history as JSON."""
    import keras

    target = HERE / "keras.csv"
    target.unlink(missing_ok=True)
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")])
        model.compile(keras.optimizers.SGD(0.3), "sparse_categorical_crossentropy", metrics=["accuracy"])
        rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.03 if epoch >= 20 else 0.3)
        history = model.fit(
            X_TRAIN, Y_TRAIN, batch_size=32, epochs=30, verbose=0, validation_data=(X_VAL, Y_VAL),
            callbacks=[rate, keras.callbacks.CSVLogger(str(target), append=True)],
        )  # fmt: skip
    columns = {name: [float(value) for value in column] for name, column in history.history.items()}
    (HERE / "keras_history.json").write_text(json.dumps(columns))


def network() -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))


def tensors() -> tuple[torch.utils.data.TensorDataset, torch.utils.data.TensorDataset]:
    return tuple(
        torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
        for x, y in ((X_TRAIN, Y_TRAIN), (X_VAL, Y_VAL))
    )


def lightning_log() -> None:
    """metrics.csv of the CSVLogger, with a validation at the end that repeats the last."""
    import lightning
    from lightning.pytorch.loggers import CSVLogger

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()

        def training_step(self, batch, index):
            x, y = batch
            logits = self.net(x)
            loss = torch.nn.functional.cross_entropy(logits, y)
            right = (logits.argmax(1) == y).float().mean()
            self.log_dict({"train_loss": loss, "train_acc": right}, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch, index):
            x, y = batch
            logits = self.net(x)
            self.log("val_loss", torch.nn.functional.cross_entropy(logits, y))
            self.log("val_acc", (logits.argmax(1) == y).float().mean())

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.3)

    lightning.seed_everything(0)
    train, val = tensors()
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=20, logger=CSVLogger(folder), accelerator="cpu", log_every_n_steps=10,
            enable_progress_bar=False, enable_checkpointing=False, enable_model_summary=False,
        )  # fmt: skip
        loader = torch.utils.data.DataLoader(val, batch_size=90)
        model = Net()
        trainer.fit(model, torch.utils.data.DataLoader(train, batch_size=32, shuffle=True), loader)
        trainer.validate(model, loader, verbose=False)
        [written] = Path(folder).rglob("metrics.csv")
        shutil.copy(written, HERE / "lightning.csv")


def transformers_log() -> None:
    """trainer_state.json of a Trainer, with several evaluations an epoch and a summary at the end."""
    from transformers import Trainer, TrainingArguments

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = network()

        def forward(self, x, labels):
            logits = self.net(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    train, val = ([{"x": x, "labels": y} for x, y in part] for part in tensors())
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, num_train_epochs=10, per_device_train_batch_size=32, learning_rate=0.01, seed=0,
            eval_strategy="steps", eval_steps=16, logging_steps=8, save_strategy="no", report_to=[],
            disable_tqdm=True, use_cpu=True,
        )  # fmt: skip
        trainer = Trainer(
            Net(), arguments, train_dataset=train, eval_dataset=val,
            compute_metrics=lambda p: {"accuracy": float((p.predictions.argmax(1) == p.label_ids).mean())},
        )  # fmt: skip
        trainer.train()
        trainer.state.save_to_json(str(HERE / "trainer_state.json"))


def torch_log() -> None:
    """JSON lines of a loop of one's own in per cent, and TensorBoard's scalars as it exports them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    torch.manual_seed(0)
    train, val = tensors()
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 25)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        with SummaryWriter(folder) as writer:
            for epoch in range(25):
                losses = []
                for x, y in torch.utils.data.DataLoader(train, batch_size=20, shuffle=True):
                    loss = torch.nn.functional.cross_entropy(net(x), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.item())
                with torch.no_grad():
                    logits = net(val.tensors[0])
                    right = (logits.argmax(1) == val.tensors[1]).float().mean().item()
                    test = torch.nn.functional.cross_entropy(logits, val.tensors[1]).item()
                rate = optimizer.param_groups[0]["lr"]
                lines.append({
                    "train_lr": rate, "train_loss": float(np.mean(losses)), "test_loss": test,
                    "test_acc1": 100 * right, "epoch": epoch,
                })  # fmt: skip
                writer.add_scalar("val_accuracy", right, epoch)
                decay.step()
        events = EventAccumulator(folder)
        events.Reload()
        with (HERE / "run-digits-tag-val_accuracy.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["Wall time", "Step", "Value"])
            table.writerows((e.wall_time, e.step, e.value) for e in events.Scalars("val_accuracy"))
    (HERE / "torch.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def timm_log() -> None:
    """summary.csv as timm's training script writes it."""
    from timm.utils import update_summary

    target = HERE / "timm.csv"
    target.unlink(missing_ok=True)
    for epoch, line in enumerate((HERE / "torch.jsonl").read_text().splitlines()):
        row = json.loads(line)
        update_summary(
            epoch, {"loss": row["train_loss"]}, {"loss": row["test_loss"], "top1": row["test_acc1"]},
            target, lr=row["train_lr"], write_header=epoch == 0,
        )  # fmt: skip


def xgboost_log() -> None:
    """evals_result() of two sets, whose names do not say which is which."""
    import xgboost

    model = xgboost.XGBClassifier(
        n_estimators=40, max_depth=3, learning_rate=0.3, eval_metric=["mlogloss", "merror"]
    )
    model.fit(X_TRAIN, Y_TRAIN, eval_set=[(X_TRAIN, Y_TRAIN), (X_VAL, Y_VAL)], verbose=False)
    (HERE / "xgboost.json").write_text(json.dumps(model.evals_result()))


MAKERS = {
    "keras": keras_logs,
    "lightning": lightning_log,
    "transformers": transformers_log,
    "torch": torch_log,
    "timm": timm_log,
    "xgboost": xgboost_log,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MAKERS:
        MAKERS[name]()
