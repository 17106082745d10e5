-- Annex F.3 of the standard: what keeps the index true when somebody edits the file.
CREATE TRIGGER rtree_thua_dat_geom_insert AFTER INSERT ON thua_dat WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
  INSERT OR REPLACE INTO rtree_thua_dat_geom VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));
END;
CREATE TRIGGER rtree_thua_dat_geom_update1 AFTER UPDATE OF geom ON thua_dat WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
  INSERT OR REPLACE INTO rtree_thua_dat_geom VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));
END;
CREATE TRIGGER rtree_thua_dat_geom_update2 AFTER UPDATE OF geom ON thua_dat WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
BEGIN
  DELETE FROM rtree_thua_dat_geom WHERE id = OLD.fid;
END;
CREATE TRIGGER rtree_thua_dat_geom_update3 AFTER UPDATE ON thua_dat WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
  DELETE FROM rtree_thua_dat_geom WHERE id = OLD.fid;
  INSERT OR REPLACE INTO rtree_thua_dat_geom VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));
END;
CREATE TRIGGER rtree_thua_dat_geom_update4 AFTER UPDATE ON thua_dat WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
BEGIN
  DELETE FROM rtree_thua_dat_geom WHERE id IN (OLD.fid, NEW.fid);
END;
CREATE TRIGGER rtree_thua_dat_geom_delete AFTER DELETE ON thua_dat WHEN OLD.geom NOT NULL
BEGIN
  DELETE FROM rtree_thua_dat_geom WHERE id = OLD.fid;
END;
