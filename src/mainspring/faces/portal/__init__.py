"""The portal: pages for people, served by the gateway under ``/``."""
