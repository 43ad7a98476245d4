"""A fault as Gradio takes it to programs."""

from __future__ import annotations

import json

import gradio as gr

from service.faults import as_answer


def for_programs(fault: BaseException) -> gr.Error:
    """The fault as API users get it: the JSON object of `service.faults.as_answer`, as the text of Gradio's error."""
    return gr.Error(json.dumps(as_answer(fault), ensure_ascii=False), print_exception=False)
