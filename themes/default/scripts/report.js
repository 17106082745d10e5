// The letter about an error: filled in from the address that led here, addressed by commune, handed to the person's
// own mail program or to the printer. Nothing goes to the site.
const by = (id) => document.getElementById(id);
const letter = by('thu');
const commune = by('xa');
const recipient = by('noi-nhan');
const authority = [...recipient.childNodes];

/** A mail program may cut a longer address. */
const MOST_CHARACTERS = 1800;

fill();
route();
by('gui').hidden = false;
commune.addEventListener('change', route);
by('in').addEventListener('click', () => window.print());
by('soan').addEventListener('click', () => (by('soan').href = mail()));
addEventListener('hashchange', () => {
  fill();
  route();
});

/** `#thua=99001-5-12`, `#diem=20.85,106.4` or `#trang=/bang-gia-dat/…#r12`. */
function fill() {
  const [, key, value] = /^#(thua|diem|trang)=(.*)$/s.exec(location.hash) ?? [];
  if (!key) return;
  const text = decode(value);
  if (key === 'diem') by('diem').value = text;
  if (key === 'trang') by('trang').value = location.origin + text;
  const [, code, sheet, number] = /^(\d{5})-(\d+)-(\d+)$/.exec(text) ?? [];
  if (key === 'thua' && code) [commune.value, by('to').value, by('thua').value] = [code, sheet, number];
  const ofPage = /\/(?:xa|thua-dat|bang-gia-dat\/[^/]+|quy-hoach|he-so\/[^/]+)\/(\d{5})/.exec(text)?.[1];
  if (key === 'trang' && ofPage) commune.value = ofPage;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Puts the office of the chosen commune at the head of the letter. */
function route() {
  const chosen = commune.selectedOptions[0]?.dataset ?? {};
  if (chosen.recipient === undefined) recipient.replaceChildren(...authority);
  else recipient.textContent = [chosen.recipient, chosen.email].filter(Boolean).join(', ');
}

function mail() {
  const chosen = commune.selectedOptions[0];
  const to = chosen?.dataset.email || letter.dataset.authorityEmail || '';
  const lines = [...letter.querySelectorAll('.line')].flatMap((line) => {
    const field = line.querySelector('input, textarea, select');
    const value = field === commune ? chosen?.textContent : field.value.trim();
    return value && value !== '…' ? [`${line.querySelector('label').textContent}: ${value}`] : [];
  });
  const edition = letter.querySelector('.line:last-of-type ~ p')?.textContent ?? '';
  const body = [...lines, edition].join('\r\n').slice(0, MOST_CHARACTERS);
  return `mailto:${encodeURIComponent(to).replaceAll('%40', '@')}?subject=${encodeURIComponent(letter.dataset.subject)}&body=${encodeURIComponent(body)}`;
}
