"""Odoo 11: the Swift suite against a real server, and the full circle with the built Plantwright."""

from odoo_server import odoo  # noqa: F401 - a fixture


def test_the_connector_against_a_real_server(odoo, live_suite):  # noqa: F811
    live_suite("OdooLiveTests", {"PLANTWRIGHT_TEST_ODOO_URL": odoo.url})
