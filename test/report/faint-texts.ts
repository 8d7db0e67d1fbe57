/** A function that runs in a page: the texts whose contrast with what is behind them is less than it should be. Contrast as WCAG 2.2 defines it. */
export const FAINT_TEXTS = `(least) => {
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = numbers(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each !== null; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if ((numbers(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
  return [...document.body.querySelectorAll("*")].filter(hasText).flatMap((element) => {
    const [dark, light] = [getComputedStyle(element).color, behind(element)].map(luminance).toSorted((a, b) => a - b);
    const contrast = (light + 0.05) / (dark + 0.05);
    return contrast < least ? [element.className + " " + element.textContent.slice(0, 40) + ": " + contrast.toFixed(2)] : [];
  });
}`;
