"""Trackers by the word that a setting begins with, which is also the extra they need."""

HERE = "mainspring.backends.trackers"

KINDS = {
    "mlflow": f"{HERE}.mlflow:MLflow",
    "tensorboard": f"{HERE}.tensorboard:TensorBoard",
    "wandb": f"{HERE}.wandb:WeightsAndBiases",
}
