//! Columns that real exports are known to hold and that are never public, by the group of the standard
//! (Circular 17/2010, article 4.1; Decree 49/2026) and the act that keeps them private.

/// A group of private attributes.
#[derive(Debug, PartialEq, Eq)]
pub struct PrivateGroup {
    /// Name in the standard's model: `Nguoi`.
    pub name: &'static str,
    pub what: &'static str,
    pub law: &'static str,
    /// Whole column names, folded to letters and digits.
    columns: &'static [&'static str],
    /// Parts of column names that say enough.
    parts: &'static [&'static str],
}

const PERSONS: &str = "Law 91/2025/QH15; Decree 13/2023/NĐ-CP, article 2";
const RIGHTS: &str = "Circular 17/2010/TT-BTNMT, article 4.1";
const PRICES: &str = "rules of the land database, article 16.1d";

pub const GROUPS: &[PrivateGroup] = &[
    PrivateGroup {
        name: "Nguoi",
        what: "personal data",
        law: PERSONS,
        columns: &[
            "chu",
            "hoten",
            "sogiayto",
            "loaigiayto",
            "ngaysinh",
            "namsinh",
            "gioitinh",
            "quoctich",
            "dantoc",
            "diachithuongtru",
            "diachichu",
            "diachinguoi",
            "email",
            "sdt",
            "fax",
            "masothue",
            "madoituong",
            "nguoiid",
            "canhanid",
            "hogiadinhid",
            "vochong",
            "vochongid",
            "chudautucanhan",
            "noithuongtru",
            "ghichuchu",
        ],
        parts: &[
            "tenchu",
            "chusudung",
            "chusohuu",
            "cccd",
            "cmnd",
            "dienthoai",
            "thuongtru",
            "giaytotuythan",
            "sodinhdanh",
        ],
    },
    PrivateGroup {
        name: "ToChuc",
        what: "names of organisations",
        law: RIGHTS,
        columns: &["tentochuc", "tochucid", "nguoidaidien"],
        parts: &[],
    },
    PrivateGroup {
        name: "GiayChungNhan",
        what: "certificates",
        law: RIGHTS,
        columns: &["sophathanh", "sovaoso", "soserial", "soseri", "mavach", "ngaycap", "noicap", "gcn", "sogcn"],
        parts: &["giaychungnhan", "sophathanh", "sovaoso"],
    },
    PrivateGroup {
        name: "QuyenSuDung",
        what: "rights",
        law: RIGHTS,
        columns: &[
            "nguongoc",
            "nguongocsudung",
            "thoihan",
            "thoihansudung",
            "hinhthucsudung",
            "quyensudungid",
            "gtquyensdd",
            "giatriquyensdd",
            "nghiavutaichinh",
        ],
        parts: &["quyensudung", "quyensohuu"],
    },
    PrivateGroup {
        name: "HanCheQuyen",
        what: "restrictions and disputes",
        law: RIGHTS,
        columns: &["dangtranhchap", "tranhchap", "hanchequyen", "thongtinhanche", "thechap", "kebien"],
        parts: &["tranhchap", "thechap", "hanchequyen"],
    },
    PrivateGroup {
        name: "GiaoDich",
        what: "transactions",
        law: PRICES,
        columns: &["dangkybiendong", "hopdong", "sohopdong", "giaodichid", "biendongid"],
        parts: &["biendong", "hopdong"],
    },
    PrivateGroup {
        name: "HoSoQuet",
        what: "scanned dossiers",
        law: PERSONS,
        columns: &["duongdanhoso", "hsktfilepath", "filepath", "filequet", "hosoquet", "hoso", "scan", "dinhkem"],
        parts: &["filepath", "duongdan", "hosoquet"],
    },
    PrivateGroup {
        name: "TaiSan",
        what: "assets on the land",
        law: RIGHTS,
        columns: &["dcnha", "dccongtrinh", "nhao", "taisan", "taisanid", "sotang", "ketcau", "dientichxaydung"],
        parts: &["taisan"],
    },
    PrivateGroup {
        name: "NguoiCapNhat",
        what: "users of the land information system",
        law: PERSONS,
        columns: &[
            "nguoicapnhatid",
            "nguoicapnhat",
            "nguoitao",
            "nguoisua",
            "uid",
            "userid",
            "username",
            "nguoiduyet",
            "nguoido",
        ],
        parts: &["nguoicapnhat", "nguoitao", "nguoisua"],
    },
    PrivateGroup {
        name: "GiaThuaDat",
        what: "prices of single parcels",
        law: PRICES,
        columns: &["giadatcuthe", "giatrungdaugia", "giachuyennhuong", "gdgiathuadat", "giathuadat"],
        parts: &["giadatcuthe", "daugia"],
    },
    PrivateGroup {
        name: "DiemKhongChe",
        what: "control points",
        law: "Law on surveying and mapping, article 6.7",
        columns: &["diemkhongche", "sohieudiem", "ghichudiem"],
        parts: &["khongche"],
    },
];

/// The private group of a column by its key (see [`super::allow_list::column_key`]).
pub fn group_of(key: &str) -> Option<&'static PrivateGroup> {
    GROUPS.iter().find(|group| group.columns.contains(&key) || group.parts.iter().any(|part| key.contains(part)))
}
