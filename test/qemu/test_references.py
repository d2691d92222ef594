"""What the kernel's objects refer to lies below them, as the linker sees it: a call that no include
shows goes up neither."""

import pytest

from harness import layers
from harness.build import Variant
from harness.kernel_size import symbol_entries
from harness.places import ROOT


@pytest.mark.parametrize("compiler", [pytest.param("clang", marks=pytest.mark.quick),
                                      pytest.param("gcc", marks=pytest.mark.late)])
def test_references_go_down(architecture, compiler):
    variant = Variant(architecture, compiler)
    variant.build()
    folder = variant.folder / "kern"
    objects = {path.name: [entry[:2] for entry in symbol_entries(path)]
               for path in folder.glob("libkernel_*.a.p/*.o")}
    assert {layers.object_layer(name) for name in objects} >= set(range(len(layers.KERNEL)))
    found = layers.upward_references(objects, (ROOT / layers.ENTRY_HEADER).read_text("utf-8"))
    assert not found, "\n".join(found)
