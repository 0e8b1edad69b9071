"""Upgrade: brings a database of any earlier release to the shape of this one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from mainspring.errors import StoreError


def upgrade(connection: Connection, where: str) -> None:
    """Run the missing migrations within the connection's transaction; a second process finds nothing left to do.

    Raises:
        StoreError: the database was written by a newer release.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            "the database was written by a newer release", where=where, remedy="pip install --upgrade mainspring"
        ) from error
