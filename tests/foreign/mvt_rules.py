"""The rules of Mapbox Vector Tile 2.1 that a decoder lets pass, read from the specification: vtvalidate in one page.

Works on the protobuf message of the PyPI package mapbox-vector-tile; numbers in brackets are sections of the specification.
"""

from collections import Counter

from mapbox_vector_tile.Mapbox import vector_tile_pb2

UNKNOWN, POINT, LINE, POLYGON = range(4)
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7
MAX_COUNT = (1 << 29) - 1
EXTENT = 4096


def complaints(data):
    """Everything wrong with one inflated tile, as sentences."""
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(data)
    if not tile.layers:
        yield "the tile has no layer (4.1)"
    for name, count in Counter(layer.name for layer in tile.layers).items():
        if count > 1:
            yield f"{count} layers are named {name!r} (4.1)"
    for layer in tile.layers:
        for complaint in layer_complaints(layer):
            yield f"layer {layer.name!r}: {complaint}"


def layer_complaints(layer):
    if layer.version != 2:
        yield f"version {layer.version} (4.1)"
    if not layer.name:
        yield "no name (4.1)"
    if layer.extent != EXTENT:
        yield f"extent {layer.extent}"
    if not layer.features:
        yield "no feature (4.1)"
    yield from dictionary_complaints(layer)
    ids = Counter(feature.id for feature in layer.features if feature.HasField("id"))
    yield from (f"{count} features have the id {number} (4.2)" for number, count in ids.items() if count > 1)
    for at, feature in enumerate(layer.features):
        for complaint in feature_complaints(feature, layer):
            yield f"feature {at} (id {feature.id}): {complaint}"


def dictionary_complaints(layer):
    """Keys are listed once each, and every value has exactly one type (4.1).

    That no value should be listed twice is advice that is left to the encoder: one list for each field is quicker to make.
    """
    if len(set(layer.keys)) != len(layer.keys):
        yield "a key is listed twice (4.1)"
    yield from (f"value {at} has {len(v.ListFields())} types (4.4)" for at, v in enumerate(layer.values) if len(v.ListFields()) != 1)


def feature_complaints(feature, layer):
    tags = feature.tags
    if len(tags) % 2:
        yield "an odd number of tags (4.4)"
    if any(key >= len(layer.keys) for key in tags[0::2]) or any(value >= len(layer.values) for value in tags[1::2]):
        yield "a tag is out of range (4.4)"
    if len(set(tags[0::2])) != len(tags[0::2]):
        yield "a key occurs twice (4.4)"
    if feature.type == UNKNOWN:
        yield "an unknown type of geometry (4.3.4)"
        return
    try:
        parts = list(read_parts(list(feature.geometry), feature.type))
    except ValueError as error:
        yield f"{error} (4.3)"
        return
    if not parts:
        yield "no geometry (4.2)"
    yield from {POINT: point_complaints, LINE: line_complaints, POLYGON: polygon_complaints}[feature.type](parts)


def read_parts(stream, kind):
    """The parts of a geometry: all points as one, each line, each ring (its first point not repeated)."""
    at, cursor, part, last = 0, (0, 0), [], None
    while at < len(stream):
        command, count = stream[at] & 7, stream[at] >> 3
        at += 1
        if command == CLOSE_PATH:
            if kind != POLYGON or count != 1 or last != LINE_TO:
                raise ValueError("a ClosePath that closes nothing")
            yield part
            part = []
        elif command in (MOVE_TO, LINE_TO) and 1 <= count <= MAX_COUNT and at + 2 * count <= len(stream):
            check_order(command, count, last, kind)
            if command == MOVE_TO and part and kind == LINE:
                yield part
                part = []
            for _ in range(count):
                cursor = (cursor[0] + zigzag(stream[at]), cursor[1] + zigzag(stream[at + 1]))
                part.append(cursor)
                at += 2
        else:
            raise ValueError(f"command {command} with count {count} at {at - 1}")
        last = command
    if part and kind == POLYGON:
        raise ValueError("a ring is not closed")
    if part:
        yield part


def check_order(command, count, last, kind):
    """Which command may follow which (4.3.4.2 to 4.3.4.4)."""
    if command == MOVE_TO:
        follows = last is None if kind == POINT else last in ((None, LINE_TO) if kind == LINE else (None, CLOSE_PATH))
        if not follows or (kind != POINT and count != 1):
            raise ValueError(f"a MoveTo({count}) after {last}")
    elif kind == POINT or last != MOVE_TO or (kind == POLYGON and count < 2):
        raise ValueError(f"a LineTo({count}) after {last}")


def zigzag(number):
    return (number >> 1) ^ -(number & 1)


def point_complaints(parts):
    (points,) = parts
    if len(set(points)) != len(points):
        yield "a point occurs twice"


def line_complaints(parts):
    for line in parts:
        if len(line) < 2:
            yield "a line of one point (4.3.4.3)"
        if any(a == b for a, b in zip(line, line[1:])):
            yield "a line repeats a point (4.3.3.2)"


def polygon_complaints(rings):
    """Winding, area and repeated points (4.3.4.4); that holes lie within is left to a geometry library."""
    for at, ring in enumerate(rings):
        if any(a == b for a, b in zip(ring, ring[1:] + ring[:1])):
            yield f"ring {at} repeats a point (4.3.3.2, 4.3.3.3)"
        area = doubled_area(ring)
        if area == 0:
            yield f"ring {at} has no area (4.3.4.4)"
        if at == 0 and area < 0:
            yield "the first ring is wound as a hole (4.3.4.4)"


def doubled_area(ring):
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1]))


def polygons(rings):
    """Rings grouped as polygons: an outer ring (positive area) and the holes that follow it."""
    grouped = []
    for ring in rings:
        if doubled_area(ring) > 0:
            grouped.append((ring, []))
        elif grouped:
            grouped[-1][1].append(ring)
    return grouped
