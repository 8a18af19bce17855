// What a mark of a chart says, at once and beside the pointer, with the marks that stand above and below it.
// Without it browsers show the title of a mark after a while.
(() => {
  const MOST = 16; // lines
  const NEAR = 24; // pixels
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // the table behind the chart says the same
  document.body.append(tip);

  const hide = () => {
    tip.hidden = true;
    for (const one of document.querySelectorAll("figure .on")) one.classList.remove("on");
  };

  // titles become words of our own when the pointer comes, so that the browser does not show them as well
  const known = new WeakMap();
  const marksOf = (svg) => {
    if (!known.has(svg)) {
      known.set(svg, [...svg.querySelectorAll("title")].map((title) => {
        const mark = title.parentNode;
        title.remove();
        return { mark, said: title.textContent };
      }));
    }
    return known.get(svg).map((one) => ({ ...one, box: one.mark.getBoundingClientRect() }));
  };

  const distance = (box, x, y) => Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  const middle = (box) => (box.left + box.right) / 2;

  const show = (svg, x, y) => {
    const marks = marksOf(svg).map((one) => ({ ...one, far: distance(one.box, x, y) }));
    const hit = marks.reduce((best, one) => (best === null || one.far < best.far ? one : best), null);
    hide();
    if (hit === null || hit.far > NEAR) return;
    const beside = marks.filter((one) => one.mark.parentNode === hit.mark.parentNode && Math.abs(middle(one.box) - middle(hit.box)) < 1);
    const lines = beside.length > MOST ? [hit] : beside.sort((one, other) => one.box.top - other.box.top);
    tip.replaceChildren(...lines.map((one) => {
      const line = document.createElement(one.mark === hit.mark ? "strong" : "span");
      line.textContent = one.said;
      return line;
    }));
    hit.mark.classList.add("on");
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const right = document.documentElement.clientWidth - width - 4;
    const above = y - height - 14;
    tip.style.left = `${Math.max(4, Math.min(x + 14, right))}px`;
    tip.style.top = `${above >= 4 ? above : Math.min(y + 18, window.innerHeight - height - 4)}px`;
  };

  for (const svg of document.querySelectorAll("figure svg")) {
    for (const event of ["pointermove", "pointerdown"]) svg.addEventListener(event, (at) => show(svg, at.clientX, at.clientY));
    svg.addEventListener("pointerleave", hide);
  }
  addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
})();
