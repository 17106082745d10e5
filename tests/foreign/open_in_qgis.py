"""The project of a package, opened and drawn by QGIS itself: run with the Python that QGIS brings.

usage: open_in_qgis.py PROJECT.qgs PICTURE.png PARCELS.fgb
Prints what was found; ends with 1 where something is not right.
"""

import os
import pathlib
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # noqa: E402
    QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsMapRendererSequentialJob, QgsMapSettings,
    QgsPointXY, QgsProject, QgsRectangle, QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

WIDTH, HEIGHT = 1000, 800
WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")


def expect(held, said):
    if not held:
        sys.exit(f"open_in_qgis: {said}")


def drawn(project, layers, extent):
    settings = QgsMapSettings()
    settings.setTransformContext(project.transformContext())
    settings.setLayers(layers)
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(QSize(WIDTH, HEIGHT))
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    expect(not job.errors(), [error.message for error in job.errors()])
    return job.renderedImage(), settings


def checked_layers(project):
    for layer in project.mapLayers().values():
        expect(layer.isValid(), f"{layer.id()} is not valid: {layer.error().message()}")
        expect(layer.crs().isValid(), f"{layer.id()} has no coordinate system")
        expect(layer.id().startswith("congbo_lop_"), f"{layer.id()}: QGIS gave it another name")
        expect(layer.attribution() or layer.metadata().rights(), f"{layer.id()} does not say whose it is")
        if isinstance(layer, QgsVectorLayer):
            expect(layer.featureCount() > 0, f"{layer.id()} is empty")
            expect(all(layer.attributeAlias(at) for at in range(layer.fields().count())), f"{layer.id()} has a field without a name for people")
    return [tree.layer() for tree in project.layerTreeRoot().findLayers() if tree.isVisible()]


def by_colour(project, edition):
    """Parcels are drawn in the official colour of their use: at the middle of each parcel that is large on the picture."""
    parcels = QgsVectorLayer(str(edition), "parcels", "ogr")
    to_grid = QgsCoordinateTransform(WGS84, project.crs(), project.transformContext())
    tiles = project.mapLayer("congbo_lop_thua-dat")
    colours = {style.styleName(): style.symbol().color() for style in tiles.renderer().styles()}
    # Without its numbers, which stand in the middle.
    tiles.setLabeling(None)
    right = tried = 0
    whole = to_grid.transformBoundingBox(parcels.extent())
    side = 300
    for column in range(int(whole.width() // side) + 1):
        for row in range(int(whole.height() // side) + 1):
            west, south = whole.xMinimum() + column * side, whole.yMinimum() + row * side
            picture, settings = drawn(project, [tiles], QgsRectangle(west, south, west + side, south + side * HEIGHT / WIDTH))
            for feature in parcels.getFeatures():
                inside = feature.geometry().poleOfInaccessibility(1e-6)[0].asPoint()
                place = settings.mapToPixel().transform(to_grid.transform(QgsPointXY(inside)))
                if feature.geometry().area() < 2e-8 or not (2 < place.x() < WIDTH - 2 and 2 < place.y() < HEIGHT - 2):
                    continue
                tried += 1
                use = feature["kyHieuMucDichSuDung"][:3]
                right += QColor(picture.pixel(int(place.x()), int(place.y()))).rgb() == colours[use].rgb()
    expect(tried > 100 and right == tried, f"{right} of {tried} parcels in the colour of their use")
    return tried


def main():
    file, out, edition = map(pathlib.Path, sys.argv[1:4])
    application = QgsApplication([], True)
    application.initQgis()
    project = QgsProject.instance()
    expect(project.read(str(file.resolve())), project.error())
    expect(project.crs().description().startswith("VN-2000"), "the project is not in VN-2000")
    layers = checked_layers(project)
    view = project.viewSettings().defaultViewExtent()
    expect(not view.isEmpty(), "the project does not say where it begins")
    picture, _ = drawn(project, layers, view)
    picture.save(str(out))
    parcels = by_colour(project, edition)
    print(f"{len(project.mapLayers())} layers, {project.crs().authid()}, {parcels} parcels each in the colour of its use")


main()
