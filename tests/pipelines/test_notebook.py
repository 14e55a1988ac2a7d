"""docs/tour.ipynb runs from beginning to end and shows what it promises."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.workplace import ROOT

PLACE = ROOT / "docs" / "tour.ipynb"


def test_no_results_are_kept_in_git() -> None:
    notebook = nbformat.read(PLACE, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = tmp_path / "share" / "kernels" / "newsbeam"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": "newsbeam",
                "language": "python",
            }
        )
    )
    for name, folder in {
        "JUPYTER_PATH": "share",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "IPYTHONDIR": "ipython",
        "NEWSBEAM_LAKE": "lake",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(PLACE, as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="newsbeam", resources={"metadata": {"path": ROOT}}
    )
    client.execute()

    shown = "\n".join(map(_read_outputs, notebook.cells))
    assert "Vladimir Putin" in shown
    assert "Iver Neumann" in shown
    assert "vega-lite" in shown or "VegaLite" in shown
    assert "QUOTE: Vladimir Putin" in shown
    assert "QUOTE: Kassym-Jomart Tokajev" in shown
    assert "teaser" in shown
    assert "PER" in shown
    assert "Traceback" not in shown


def _read_outputs(cell: Any) -> str:
    """All that a cell shows, of all kinds."""
    if cell.cell_type != "code":
        return ""
    texts = []
    for output in cell.outputs:
        assert output.output_type != "error", output
        texts += [output.get("text", "")]
        texts += [str(value) for value in output.get("data", {}).values()]
    return "\n".join(texts)
