//! Vector tiles: from the layers of approved snapshots to one PMTiles archive per tile set.
//!
//! [`source`] prepares each [`layer`] ([`fabric`] dissolves parcels, [`generalise`] draws them coarser ([`straighten`]) and [`balance`] keeps their areas, [`label`] finds points inside them),
//! [`weld`] joins borders that two surveys put a few millimetres apart,
//! [`coverage`] simplifies borders once for all who share them, [`grid`] says which tile a feature
//! touches, [`encode`] draws one tile ([`clip`] cuts it, [`dictionary`] gives it its fields), [`archive`] writes them in order, and
//! [`proof`] decodes the result and counts what is really there.
//!
//! A finished archive can be [`cut`] by [`territory`] and its parts [`merge`]d again: [`stored`] reads one without
//! inflating a tile, [`identity`] is what an archive says of the set it belongs to, [`beside`] writes the copy; [`leaves`] lets a
//! single tile be proved.

pub mod archive;
pub mod balance;
pub mod beside;
pub mod cells;
pub mod clip;
pub mod coverage;
pub mod cut;
pub mod decode;
pub mod dictionary;
pub mod encode;
pub mod export;
pub mod fabric;
pub mod fabric_layer;
pub mod generalise;
pub mod grid;
pub mod identity;
pub mod junctions;
pub mod label;
pub mod layer;
pub mod leaves;
pub mod merge;
pub mod noding;
pub mod outline;
pub mod pairs;
pub mod plane;
pub mod polygon;
pub mod proof;
pub mod redraw;
pub mod rescue;
pub mod ring_walk;
pub mod set;
pub mod sheet_label;
pub mod slices;
pub mod snap;
pub mod source;
pub mod sow;
pub mod stored;
pub mod straighten;
pub mod territory;
pub mod weld;
pub mod wire;
