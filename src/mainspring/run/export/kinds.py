"""The forms a version can be exported to; each loads its libraries when it is asked for."""

FORMS = {
    "onnx": "mainspring.run.export.onnx_file:write",
    "mlflow": "mainspring.run.export.mlflow_folder:write",
}
