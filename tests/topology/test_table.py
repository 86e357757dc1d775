"""Test the table of the topology's figures."""

from collections import Counter

from tests.topology.counting import Deliveries, Mails
from tests.topology.killing import Fault, Faults
from tests.topology.people import Asked
from tests.topology.table import Figures, table

FIGURES = Figures(
    seconds=40.4,
    sockets=78,
    faults=Faults([Fault("kill", "web1", 1.0), Fault("kill", "web2", 2.0), Fault("reload", "nginx", 3.0)]),
    deliveries=Deliveries(inbox_lags=[0.1, 0.2, 3.0], socket_lags=[0.5, 1.0, 9.0]),
    mails=Mails(sent=7, lost=[], again=2, doubled=[]),
    vanished=0,
    asked=[Asked("page", True, 0.0, 0.1, 200), Asked("page", True, 0.0, 0.1, 502), Asked("post", False, 0.0, 0.1, 0)],
    asked_rolling=[Asked("page", True, 0.0, 0.1, 200)],
    refusals=Counter({502: 3}),
    back_after_kills=[2.0, 4.0],
    back_after_restarts=[],
)


def test_table_has_a_line_for_each_figure() -> None:
    head, rule, *lines = table(FIGURES).splitlines()

    assert (head, rule) == ("| what | figure | meaning |", "|---|---|---|")
    assert {len(line.split(" | ")) for line in lines} == {3}
    figures = {what.removeprefix("| "): figure for what, figure, _ in (line.split(" | ") for line in lines)}
    assert figures["faults"] == "3 in 40 s: kill web 2, reload nginx 1"
    assert figures["late on sockets"] == "1.00 s, 9.00 s, 9.00 s"
    assert figures["sockets back after a kill"] == "2.0 s, 4.0 s"
    assert figures["sockets back after a restart"] == "–"
    assert figures["sockets refused"] == "502: 3"
    assert figures["failed reads"] == "1 of 2 (502: 1)"
    assert figures["failed in the rolling restart"] == "0 of 1; 0 of 0"
    assert figures["emails lost, repeated, doubled"] == "0, 2, 0"
