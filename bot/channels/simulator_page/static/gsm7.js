// What a typed text costs as SMS, while it is being typed. The figures under sent messages come from the server (bot/gsm7.py);
// a test compares both on many texts.

const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENSION = new Set("\f^{}\\[~]|€");

/** {segments, used, room, wide}: SMS, units taken, units that fit into so many SMS, and whether a letter made it UCS-2. */
export function count(text) {
  const letters = Array.from(text);
  const wide = letters.some((letter) => !BASIC.has(letter) && !EXTENSION.has(letter));
  const [alone, part] = wide ? [70, 67] : [160, 153];
  const widths = letters.map((letter) => (wide ? letter.length : EXTENSION.has(letter) ? 2 : 1));
  const used = widths.reduce((sum, width) => sum + width, 0);
  if (used <= alone) return { segments: used ? 1 : 0, used, room: alone, wide };
  let segments = 1;
  let filled = 0;
  for (const width of widths) {
    if (filled + width > part) {
      segments += 1;
      filled = 0;
    }
    filled += width; // an escaped letter or a surrogate pair is never cut in two
  }
  return { segments, used, room: segments * part, wide };
}
