// The map's words, by language of the page.

const VI = {
  parcel: (number, sheet) => `Thửa đất số ${number}, tờ bản đồ số ${sheet}`,
  commune: 'Xã, phường',
  area: 'Diện tích',
  landUse: 'Loại đất',
  oldLandUse: 'Loại đất cũ',
  decision: 'Quyết định',
  authority: 'Cơ quan',
  since: 'Hiệu lực từ',
  identifier: 'Mã định danh',
  prices: 'Giá đất',
  pricesFor: (use) => `Dòng giá cho loại đất ${use}`,
  pricesMore: (n) => `Xem cả bảng (${n} dòng)`,
  noPrices: 'Chưa công bố bảng giá đất cho xã, phường này.',
  amendedBy: 'theo',
  replacedBy: 'được thay bởi',
  from: 'hiệu lực từ',
  noMatch: 'Bảng giá không có dòng riêng cho loại đất này.',
  where: 'Đường, khu vực',
  position: 'VT',
  unit: (unit) => ({ 1: 'đồng/m²', 1000: 'nghìn đồng/m²', 1000000: 'triệu đồng/m²' })[unit] ?? `${unit} đồng/m²`,
  priceNote: 'Giá áp dụng cho thửa đất phụ thuộc vị trí của thửa so với đường, theo quy định của văn bản.',
  plan: 'Quy hoạch tại điểm đã chọn',
  noPlan: 'Không có vùng quy hoạch đã công bố tại điểm này.',
  period: 'Kỳ',
  project: 'Công trình',
  status: 'Tình trạng',
  statuses: { hieu_luc: 'có hiệu lực', chua_hieu_luc: 'chưa có hiệu lực', het_hieu_luc: 'hết hiệu lực' },
  sheetPage: 'Tờ bản đồ, dạng chữ',
  pricePage: 'Bảng giá đất',
  planPage: 'Quy hoạch của xã',
  notice: 'Thông tin công bố, không thay thế trích lục.',
  close: 'Bỏ chọn',
  loading: 'Đang tải…',
  failed: 'Không tải được thông tin. Hãy thử lại, hoặc xem tờ bản đồ dạng chữ.',
  nothing: 'Không có thửa đất đã công bố ở đây. Hãy phóng to rồi chọn lại.',
  gone: (code) => `Không tìm thấy thửa ${code} trong dữ liệu đang công bố.`,
  zoomIn: 'Phóng to',
  zoomOut: 'Thu nhỏ',
  whole: 'Xem toàn bộ',
  coordinates: (lat, lon) => `WGS 84: ${lat}° B, ${lon}° Đ`,
  sheetBefore: 'Tờ ',
  layers: 'Lớp bản đồ',
  legend: 'Chú giải loại đất',
  legendEmpty: 'Phóng to để thấy loại đất.',
  opacity: 'Độ đậm của quy hoạch',
  pull: ['Kéo lên để xem', 'Kéo lên hết', 'Thu xuống'],
  layerNames: {
    parcels: 'Ranh thửa đất',
    landUse: 'Loại đất',
    plans: 'Quy hoạch sử dụng đất',
    base: 'Đường, sông, hồ',
    boundaries: 'Địa giới',
    labels: 'Số tờ, số thửa',
  },
};

const EN = {
  parcel: (number, sheet) => `Parcel ${number}, map sheet ${sheet}`,
  commune: 'Commune',
  area: 'Area',
  landUse: 'Land use',
  oldLandUse: 'Old land use',
  decision: 'Decision',
  authority: 'Authority',
  since: 'In force from',
  identifier: 'Identifier',
  prices: 'Land prices',
  pricesFor: (use) => `Price rows for land use ${use}`,
  pricesMore: (n) => `Whole table (${n} rows)`,
  noPrices: 'No price table has been published for this commune.',
  amendedBy: 'by',
  replacedBy: 'replaced by',
  from: 'in force from',
  noMatch: 'The price table has no row of its own for this land use.',
  where: 'Road, area',
  position: 'VT',
  unit: (unit) => ({ 1: 'VND/m²', 1000: 'thousand VND/m²', 1000000: 'million VND/m²' })[unit] ?? `${unit} VND/m²`,
  priceNote: 'Which price applies depends on the parcel’s position relative to the road, as the document defines it.',
  plan: 'Plan at the chosen point',
  noPlan: 'No published planning zone at this point.',
  period: 'Period',
  project: 'Works',
  status: 'Status',
  statuses: { hieu_luc: 'in force', chua_hieu_luc: 'not yet in force', het_hieu_luc: 'no longer in force' },
  sheetPage: 'Map sheet as text',
  pricePage: 'Land prices',
  planPage: 'Plans of the commune',
  notice: 'Published information; it does not replace an official extract.',
  close: 'Clear selection',
  loading: 'Loading…',
  failed: 'The information could not be loaded. Try again, or read the map sheet as text.',
  nothing: 'There is no published parcel here. Zoom in and choose again.',
  gone: (code) => `Parcel ${code} is not in the data published now.`,
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  whole: 'Show everything',
  coordinates: (lat, lon) => `WGS 84: ${lat}° N, ${lon}° E`,
  sheetBefore: 'Sheet ',
  layers: 'Layers',
  legend: 'Land-use legend',
  legendEmpty: 'Zoom in to see land use.',
  opacity: 'Opacity of plans',
  pull: ['Pull up to read', 'Pull up fully', 'Put down'],
  layerNames: {
    parcels: 'Parcel boundaries',
    landUse: 'Land use',
    plans: 'Land-use plans',
    base: 'Roads and water',
    boundaries: 'Boundaries',
    labels: 'Sheet and parcel numbers',
  },
};

export const language = document.documentElement.lang === 'en' ? 'en' : 'vi';
export const words = language === 'en' ? EN : VI;

/** A number or a decimal in text, as the language writes it, digit for digit. */
export function figure(value) {
  const [whole, fraction] = String(value).split('.');
  const [point, comma] = language === 'en' ? [',', '.'] : ['.', ','];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, point);
  return fraction ? `${grouped}${comma}${fraction}` : grouped;
}

/** `2026-01-05` → `05/01/2026`, in English `5 January 2026`. */
export function date(iso) {
  const [year, month, day] = iso.split('-');
  if (language !== 'en') return `${day}/${month}/${year}`;
  const name = new Date(Date.UTC(year, month - 1, day)).toLocaleString('en', { month: 'long', timeZone: 'UTC' });
  return `${Number(day)} ${name} ${year}`;
}
