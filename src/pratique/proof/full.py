"""The full form of a proof: the core form and, beside it, the bytes that its decision was made from.

What belongs in it follows from the core form alone: every piece of evidence, feed and grant that its records name,
and the policies, directories and records themselves, so that whoever opens the layout can read them. One more layer
may be a report for people, which proves nothing.
"""

from collections.abc import Callable, Iterator, Mapping

from pratique.attest.fields import Fields
from pratique.errors import Malformed, Unverified
from pratique.promotion.events import Entry, EventObject, parse_event
from pratique.proof.contents import Contents, contents_of
from pratique.proof.document import Proof, parse_proof
from pratique.proof.layout import (
    EMPTY,
    INDEX_FILE,
    MARK,
    MARK_FILE,
    REPORT_MEDIA,
    Layer,
    Role,
    blob_name,
    build_index,
    build_manifest,
    check_name,
    check_sizes,
    parse_index,
    parse_manifest,
)
from pratique.proof.record import Recorded, read_record
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.uris import PROOF_MEDIA

Read = Callable[[str], bytes]
"""Returns all bytes of the file of this name in a layout."""

_OWN = {"policy": Role.POLICY, "directory": Role.DIRECTORY, "record": Role.RECORD}


@dataclass(frozen=True, slots=True)
class Full:
    """A layout whose every file has been hashed; ``core`` is not verified yet."""

    core: bytes
    layers: tuple[Layer, ...]

    def layer(self, digest: Digest) -> Layer:
        """Return the layer with this digest, or raise ``Unverified`` where there is none."""
        for layer in self.layers:
            if layer.digest == digest:
                return layer
        raise Unverified(f"layout: expected the bytes of {digest}, found no such layer; ask for the whole proof")


def layers_of(core: bytes) -> tuple[Layer, ...]:
    """Return the layers that the full form of this proof consists of, without a report.

    Raises:
        Malformed: It is no proof, or a record in it is of another version.
        Unverified: Something that a record names has no size in the ledger.
        Refused, Conflict: Its events are not those of an approved promotion.
    """
    proof = parse_proof(core)
    entries = tuple(Entry(logged.index, parse_event(logged.content)) for logged in proof.entries)
    contents = contents_of(proof.kind, proof.promotion, entries)
    first = Layer(Role.CORE, PROOF_MEDIA, Digest.of(core), len(core))
    found = {first.digest: first}
    for layer in _parts(proof, contents):
        found.setdefault(layer.digest, layer)
    return tuple(found.values())


def _parts(proof: Proof, contents: Contents) -> Iterator[Layer]:
    objects = dict(proof.objects)
    named = {item.digest: item for entry in contents.entries for item in entry.event.objects}
    records = [read_record(objects[digest]) for digest in _in_role(contents, objects, "record")]
    for record in records:
        yield from sorted(_evidence(record), key=_digest)
    for record in records:
        for feed in record.inputs.feeds:
            yield _named(Role.FEED, feed.digest, named)
        for used in record.inputs.waivers:
            for envelope, _ in used.grants:
                yield _named(Role.WAIVER, envelope, named)
    for role, kind in _OWN.items():
        for digest in _in_role(contents, objects, role):
            yield _named(kind, digest, named)


def _in_role(contents: Contents, objects: Mapping[Digest, bytes], role: str) -> tuple[Digest, ...]:
    return tuple(digest for _, found, digest in contents.objects if found == role and digest in objects)


def _evidence(record: Recorded) -> Iterator[Layer]:
    for at, values in enumerate(record.pieces):
        piece = Fields(f"record.inputs.evidence.pieces[{at}]", values if isinstance(values, Mapping) else {})
        digest = piece.parsed("digest", Digest.parse)
        yield Layer(Role.EVIDENCE, piece.text("mediaType"), digest, piece.integer("size"))


def _digest(layer: Layer) -> Digest:
    return layer.digest


def _named(role: Role, digest: Digest, named: Mapping[Digest, EventObject]) -> Layer:
    item = named.get(digest)
    if item is None:
        raise Unverified(f"proof: expected an entry that names the {role} {digest}, found none")
    return Layer(role, item.media_type, digest, item.size)


def build_files(layers: tuple[Layer, ...]) -> tuple[tuple[str, bytes], ...]:
    """Return name and bytes of every file of a layout but its layers."""
    manifest = build_manifest(layers)
    return (
        (MARK_FILE, MARK),
        (INDEX_FILE, build_index(manifest)),
        (blob_name(Digest.of(manifest)), manifest),
        (blob_name(Digest.of(EMPTY)), EMPTY),
    )


def report_layer(content: bytes) -> Layer:
    """Return the layer of a report for people."""
    return Layer(Role.REPORT, REPORT_MEDIA, Digest.of(content), len(content))


def open_full(sizes: Mapping[str, int], read: Read) -> Full:
    """Return a layout whose files are exactly the right ones, each with the bytes that its name promises.

    At most one layer is held in memory at a time.

    Args:
        sizes: The name of every file, with its size in bytes.
        read: Reads one of them.

    Raises:
        Malformed: A name does not belong, a file is too large, or one breaks its form.
        Unverified: Bytes differ from their digest, or a layer is missing or does not belong.
    """
    for name in sizes:
        check_name(name)
    check_sizes(sizes)
    if _required(sizes, read, MARK_FILE) != MARK:
        raise Malformed(f"{MARK_FILE}: expected {MARK.decode()}, found another document")
    digest, size = parse_index(_required(sizes, read, INDEX_FILE))
    manifest = _blob(sizes, read, digest, size, "the manifest")
    layers = parse_manifest(manifest)
    _blob(sizes, read, Digest.of(EMPTY), len(EMPTY), "the empty config")
    core = _blob(sizes, read, layers[0].digest, layers[0].size, "the core form")
    _check_layers(core, layers)
    for layer in layers[1:]:
        _blob(sizes, read, layer.digest, layer.size, f"the {layer.role}")
    known = {blob_name(one) for one in (digest, Digest.of(EMPTY), *(layer.digest for layer in layers))}
    for name in sorted(sizes.keys() - known - {MARK_FILE, INDEX_FILE}):
        raise Unverified(f"layout: {name} does not belong here: no layer names it")
    return Full(core, layers)


def _required(sizes: Mapping[str, int], read: Read, name: str) -> bytes:
    if name not in sizes:
        raise Unverified(f"layout: expected {name}, found none; it was cut off, so ask for the whole proof")
    return read(name)


def _blob(sizes: Mapping[str, int], read: Read, digest: Digest, size: int, what: str) -> bytes:
    name = blob_name(digest)
    if name not in sizes:
        raise Unverified(f"layout: expected {what} {digest}, found none; ask for the whole proof")
    if sizes[name] != size:
        raise Unverified(f"layout: expected {size} bytes of {what} {digest}, found {sizes[name]}")
    content = read(name)
    digest.check(content, f"layout, {what}")
    return content


def _check_layers(core: bytes, layers: tuple[Layer, ...]) -> None:
    """Return if the layers are those that belong to the core form, and perhaps a report at their end."""
    expected = layers_of(core)
    for wanted in expected:
        if wanted not in layers:
            raise Unverified(
                f"layout: expected the {wanted.role} {wanted.digest} ({wanted.media_type}, {wanted.size} bytes), "
                "found no such layer; ask for the whole proof"
            )
    more = [layer for layer in layers if layer not in expected]
    for layer in more:
        if layer is not layers[-1] or (layer.role, layer.media_type) != (Role.REPORT, REPORT_MEDIA):
            raise Unverified(f"layout: the {layer.role} {layer.digest} does not belong here: nothing needs it")
    if layers != (*expected, *more):
        raise Malformed("manifest.layers: expected the layers in the order in which they are exported")
