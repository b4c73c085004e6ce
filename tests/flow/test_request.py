"""What a run asks of the registry, it asks once."""

from types import SimpleNamespace
from typing import Any

from ecmkit.flow.service import _request
from ecmkit.registry import RetrainRequest


class Shelf:
    """A registry of requests alone."""

    def __init__(self) -> None:
        self.requests: dict[str, RetrainRequest] = {}

    def open_requests(self, name: str) -> dict[str, RetrainRequest]:
        return {i: one for i, one in self.requests.items() if one.name == name}

    def request_retraining(self, request: RetrainRequest) -> str:
        self.requests[f"r{len(self.requests)}"] = request
        return f"r{len(self.requests) - 1}"


def test_a_run_that_goes_on_after_a_kill_finds_its_request() -> None:
    """The first one stayed open for good."""
    shelf = Shelf()
    project = SimpleNamespace(name="pump")
    context: Any = SimpleNamespace(registry=shelf, project=project)
    package = SimpleNamespace(
        manifest=SimpleNamespace(model_id="m" * 64),
        contract=SimpleNamespace(id="c" * 64),
    )
    gated: Any = SimpleNamespace(package=package)
    report: Any = SimpleNamespace(needs_retraining=True, sentence="rms", features=())
    service: Any = SimpleNamespace(windows=(3, 4))
    first = _request(context, gated, report, service)
    assert _request(context, gated, report, service) == first
    assert list(shelf.requests) == [first]
    other: Any = SimpleNamespace(windows=(3, 5))
    assert _request(context, gated, report, other) != first
    report.needs_retraining = False
    assert _request(context, gated, report, service) == ""
