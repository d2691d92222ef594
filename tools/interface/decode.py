"""Makes decode.json, from which the tracer prints calls and messages by name."""

import json

FORMAT = 1

VERSION_WORD = [{"name": "version", "type": "u32"}]
NEGOTIATE = {"name": "negotiate", "in": VERSION_WORD, "out": VERSION_WORD, "data_in": "",
             "data_out": "", "handles_in": [], "handles_out": [], "lease": ""}


def emit(tables, output):
    content = {
        "format": FORMAT,
        "statuses": {error["number"]: error["name"] for error in tables.errors},
        "calls": {call.number: decode_call(call) for call in tables.calls},
        "protocols": {protocol.number: decode_protocol(protocol) for protocol in tables.protocols},
    }
    output.write("decode.json", json.dumps(content, indent=1) + "\n")


def decode_params(params):
    return [{"name": param.name, "type": param.type} for param in params]


def decode_call(call):
    return {"name": call.name, "in": decode_params(call.inputs), "out": decode_params(call.outputs),
            "message": call.custom, "returns": not call.noreturn}


def decode_protocol(protocol):
    return {"name": protocol.name, "version": protocol.version,
            "methods": {0: NEGOTIATE} | {method.number: decode_method(method)
                                        for method in protocol.methods}}


def decode_method(method):
    return {"name": method.name, "in": decode_params(method.inputs),
            "out": decode_params(method.outputs), "data_in": method.data_in,
            "data_out": method.data_out, "handles_in": method.handles_in,
            "handles_out": method.handles_out, "lease": method.lease}
