"""The transforms that can be opened."""

TRANSFORMS = {"table_transform": "mainspring.steps.prepare.table_transform:TableTransform"}
