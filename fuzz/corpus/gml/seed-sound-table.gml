<?xml version="1.0" encoding="utf-8" ?>
<ogr:FeatureCollection
     gml:id="aFeatureCollection"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:schemaLocation="http://ogr.maptools.org/ gia_dat.xsd"
     xmlns:ogr="http://ogr.maptools.org/"
     xmlns:gml="http://www.opengis.net/gml/3.2">
  <gml:boundedBy><gml:Null /></gml:boundedBy>
                                                                                                                                                                                                                                                                                                                
  <ogr:featureMember>
    <ogr:GiaDat gml:id="GiaDat.0">
      <ogr:c0>1</ogr:c0>
      <ogr:c1>Đường Minh Họa A</ogr:c1>
      <ogr:c2>Cầu 1</ogr:c2>
      <ogr:c3>Cầu 2</ogr:c3>
      <ogr:c4>60000</ogr:c4>
      <ogr:c5>36000</ogr:c5>
      <ogr:c6>2026-01-31</ogr:c6>
    </ogr:GiaDat>
  </ogr:featureMember>
  <ogr:featureMember>
    <ogr:GiaDat gml:id="GiaDat.1">
      <ogr:c0>2</ogr:c0>
      <ogr:c1>Đường Minh Họa A</ogr:c1>
      <ogr:c2>Cầu 2</ogr:c2>
      <ogr:c3>Cầu 3</ogr:c3>
      <ogr:c4>14690.5</ogr:c4>
      <ogr:c5 xsi:nil="true"/>
      <ogr:c6>2026-01-31</ogr:c6>
    </ogr:GiaDat>
  </ogr:featureMember>
  <ogr:featureMember>
    <ogr:GiaDat gml:id="GiaDat.2">
      <ogr:c0>3</ogr:c0>
      <ogr:c1>Đường Minh Họa B</ogr:c1>
      <ogr:c2>Đầu đường</ogr:c2>
      <ogr:c3>Cuối đường</ogr:c3>
      <ogr:c4>0.1</ogr:c4>
      <ogr:c5>1.1</ogr:c5>
      <ogr:c6 xsi:nil="true"/>
    </ogr:GiaDat>
  </ogr:featureMember>
</ogr:FeatureCollection>
