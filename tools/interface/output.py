"""The folder that is generated into. Files are written only when their content changes, so that
what depends on them is not rebuilt; files of an earlier run that are no longer made are removed.
"""

import json

NOTICE = "Generated from libsys/tables by tools/generate.py; edit the tables instead."
MANIFEST = ".generated.json"


class Output:
    def __init__(self, folder):
        self.folder = folder
        self.written = set()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.add(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")

    def write_c(self, name, head, body):
        """A C or assembler file: notice, a sentence that says what it is, then the text."""
        self.write(name, f"/* {head}\n * {NOTICE} */\n\n{body.rstrip()}\n")

    def write_header(self, name, head, body):
        guard = name.replace("/", "_").replace(".", "_").upper()
        if not guard.startswith("SINTER"):
            guard = f"SINTER_{guard}"
        text = f"#ifndef {guard}\n#define {guard}\n\n{body.strip()}\n\n#endif"
        self.write_c(name, head, text)

    def remove_stale(self):
        manifest = self.folder / MANIFEST
        if manifest.exists():
            for name in set(json.loads(manifest.read_text(encoding="utf-8"))) - self.written:
                (self.folder / name).unlink(missing_ok=True)
        names = sorted(self.written)
        self.write(MANIFEST, json.dumps(names, indent=0) + "\n")
