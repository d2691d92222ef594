"""Results of test suites: JUnit XML files, their failures, and the line that sums up."""

import xml.etree.ElementTree as tree
from collections import Counter
from dataclasses import dataclass, field

from .places import JUNIT

TEXT_LIMIT = 4000
LINE_LIMIT = 300
SERIAL_LOG = "serial_log" # the property that names it


@dataclass
class Suite:
    """A suite that is not run by a test framework, for instance the builds."""
    name: str
    cases: list = field(default_factory=list)

    def add(self, name, failure=None, skipped=None):
        self.cases.append((name, failure, skipped))

    def write(self):
        root = tree.Element("testsuites")
        suite = tree.SubElement(root, "testsuite", name=self.name, tests=str(len(self.cases)))
        for name, failure, skipped in self.cases:
            case = tree.SubElement(suite, "testcase", classname=self.name, name=name)
            if failure is not None:
                tree.SubElement(case, "failure", message=first_line(failure)).text = clean(failure)
            elif skipped is not None:
                tree.SubElement(case, "skipped", message=skipped)
        JUNIT.mkdir(parents=True, exist_ok=True)
        tree.ElementTree(root).write(JUNIT / f"{self.name}.xml", encoding="utf-8",
                                     xml_declaration=True)


def first_line(text):
    return clean(text.strip().partition("\n")[0])


def clean(text):
    """What XML allows, and not too much of it."""
    kept = "".join(c if c in "\n\t" or ord(c) >= 32 else "?" for c in text)
    return kept if len(kept) <= TEXT_LIMIT else "...\n" + kept[-TEXT_LIMIT:]


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list) # a line each
    skips: Counter = field(default_factory=Counter) # by reason

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def read_case(case, totals):
    problem = case.find("failure")
    problem = case.find("error") if problem is None else problem
    skipped = case.find("skipped")
    if problem is not None:
        totals.failed += 1
        totals.failures.append(failure_line(case, problem))
    elif skipped is not None:
        totals.skipped += 1
        totals.skips[skipped.get("message") or "no reason given"] += 1
    else:
        totals.passed += 1


def failure_line(case, problem):
    """Where, what, and the serial log if there is one."""
    text = " ".join((problem.get("message") or problem.text or "").split())
    text = text if len(text) <= LINE_LIMIT else text[:LINE_LIMIT] + " ..."
    logs = [entry.get("value") for entry in case.iter("property")
            if entry.get("name") == SERIAL_LOG]
    where = f" [serial log: {', '.join(logs)}]" if logs else ""
    return f"{case.get('classname', 'unit')}: {case.get('name')}: {text}{where}"


def read_totals():
    """Of all files in build/junit. A suite that broke off counts as one failure."""
    totals = Totals()
    for path in sorted(JUNIT.glob("*.xml")):
        try:
            for case in tree.parse(path).getroot().iter("testcase"):
                read_case(case, totals)
        except tree.ParseError as error:
            totals.failed += 1
            totals.failures.append(f"{path.name} is not readable: {error}")
    return totals
