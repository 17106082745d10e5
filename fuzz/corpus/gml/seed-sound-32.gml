<?xml version="1.0" encoding="utf-8" ?>
<ogr:FeatureCollection
     gml:id="aFeatureCollection"
     xmlns:ogr="http://ogr.maptools.org/"
     xmlns:gml="http://www.opengis.net/gml/3.2">
  <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::9210"><gml:lowerCorner>565000 2310000</gml:lowerCorner><gml:upperCorner>565425 2310100</gml:upperCorner></gml:Envelope></gml:boundedBy>
                                                                                                                                                        
  <ogr:featureMember>
    <ogr:ThuaDat gml:id="ThuaDat.0">
      <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::9210"><gml:lowerCorner>565000 2310000</gml:lowerCorner><gml:upperCorner>565100 2310100</gml:upperCorner></gml:Envelope></gml:boundedBy>
      <ogr:geometryProperty><gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::9210" gml:id="ThuaDat.geom.0"><gml:surfaceMember><gml:Polygon gml:id="ThuaDat.geom.0.0"><gml:exterior><gml:LinearRing><gml:posList>565100 2310000 565100 2310100 565000 2310100 565000 2310000 565100 2310000</gml:posList></gml:LinearRing></gml:exterior><gml:interior><gml:LinearRing><gml:posList>565060 2310040 565060 2310060 565040 2310060 565040 2310040 565060 2310040</gml:posList></gml:LinearRing></gml:interior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></ogr:geometryProperty>
      <ogr:MaXa>99001</ogr:MaXa>
      <ogr:SOTO>1</ogr:SOTO>
      <ogr:SOTHUA>1</ogr:SOTHUA>
      <ogr:DIENTICH>9600</ogr:DIENTICH>
      <ogr:LOAIDAT>ODT</ogr:LOAIDAT>
      <ogr:TenChu>CHỦ SỬ DỤNG 0001</ogr:TenChu>
      <ogr:DiaChi>Đường A &amp; B &lt;cũ&gt;</ogr:DiaChi>
    </ogr:ThuaDat>
  </ogr:featureMember>
  <ogr:featureMember>
    <ogr:ThuaDat gml:id="ThuaDat.1">
      <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::9210"><gml:lowerCorner>565200 2310000</gml:lowerCorner><gml:upperCorner>565350.0 2310050.125</gml:upperCorner></gml:Envelope></gml:boundedBy>
      <ogr:geometryProperty><gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::9210" gml:id="ThuaDat.geom.1"><gml:surfaceMember><gml:Polygon gml:id="ThuaDat.geom.1.0"><gml:exterior><gml:LinearRing><gml:posList>565250 2310000 565250 2310050 565200 2310050 565200 2310000 565250 2310000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember><gml:surfaceMember><gml:Polygon gml:id="ThuaDat.geom.1.1"><gml:exterior><gml:LinearRing><gml:posList>565350.0 2310000.125 565350.0 2310050.125 565300.0 2310050.125 565300.0 2310000.125 565350.0 2310000.125</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></ogr:geometryProperty>
      <ogr:MaXa>99001</ogr:MaXa>
      <ogr:SOTO>1</ogr:SOTO>
      <ogr:SOTHUA>2</ogr:SOTHUA>
      <ogr:DIENTICH>5000.5</ogr:DIENTICH>
      <ogr:LOAIDAT>CLN</ogr:LOAIDAT>
      <ogr:TenChu>CHỦ SỬ DỤNG 0002</ogr:TenChu>
      <ogr:DiaChi></ogr:DiaChi>
    </ogr:ThuaDat>
  </ogr:featureMember>
  <ogr:featureMember>
    <ogr:ThuaDat gml:id="ThuaDat.2">
      <gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::9210"><gml:lowerCorner>565400 2310000</gml:lowerCorner><gml:upperCorner>565425.0 2310050.01</gml:upperCorner></gml:Envelope></gml:boundedBy>
      <ogr:geometryProperty><gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::9210" gml:id="ThuaDat.geom.2"><gml:surfaceMember><gml:Polygon gml:id="ThuaDat.geom.2.0"><gml:exterior><gml:LinearRing><gml:posList>565425 2310000 565425.0 2310050.01 565400.0 2310050.01 565400 2310000 565425 2310000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></ogr:geometryProperty>
      <ogr:MaXa>99001</ogr:MaXa>
      <ogr:SOTO>2</ogr:SOTO>
      <ogr:SOTHUA>1</ogr:SOTHUA>
      <ogr:DIENTICH>1250.25</ogr:DIENTICH>
      <ogr:LOAIDAT xsi:nil="true"/>
      <ogr:TenChu>CHỦ SỬ DỤNG 0003</ogr:TenChu>
      <ogr:DiaChi>Đường &quot;C&quot;</ogr:DiaChi>
    </ogr:ThuaDat>
  </ogr:featureMember>
</ogr:FeatureCollection>
