"use strict";
// The page is whole without this. One model at a time, what is folded opens where it is looked
// for, the contents say where one is, tables sort, figures and tables can be saved.
(() => {
  const root = document.documentElement;
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // ---------------------------------------------------------------- one model at a time
  const radios = all('.switch input');
  const parts = all("main [data-model]");
  function choose(model) {
    for (const radio of radios) radio.checked = radio.value === model;
    for (const part of parts) {
      const hide = model && part.dataset.model && part.dataset.model !== model;
      // What is hidden is still found by the browser's search, except rows of tables.
      if (hide) part.setAttribute("hidden", part.tagName === "TR" ? "" : "until-found");
      else part.removeAttribute("hidden");
    }
  }
  if (radios.length) {
    for (const radio of radios) radio.addEventListener("change", () => choose(radio.value));
    for (const part of parts) part.addEventListener("beforematch", () => choose(part.dataset.model));
    choose(radios[0].value);
  }

  // ---------------------------------------------------------------- folded parts open themselves
  function reveal(element) {
    for (let part = element; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
      if (part.hidden && part.dataset.model) choose(part.dataset.model);
    }
  }
  function toTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    reveal(target);
    target.scrollIntoView();
  }
  addEventListener("hashchange", toTarget);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("main details:not([open])");
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });

  // ---------------------------------------------------------------- what goes on to the right
  const wide = all(".scroll");
  const fade = (box) => {
    const hidden = box.scrollWidth - box.clientWidth;
    box.classList.toggle("wider", hidden > 4);
    box.classList.toggle("more", hidden - box.scrollLeft > 4);
  };
  // In the next frame, since the line above a box changes its size.
  const sizes = new ResizeObserver((changes) => requestAnimationFrame(() => {
    for (const { target } of changes) fade(target);
  }));
  for (const box of wide) {
    sizes.observe(box);
    box.addEventListener("scroll", () => fade(box), { passive: true });
  }

  // ---------------------------------------------------------------- contents
  const contents = document.querySelector(".contents");
  const narrow = matchMedia("(max-width: 43rem)");
  const fold = () => { contents.open = !narrow.matches; };
  fold();
  narrow.addEventListener("change", fold);
  const links = new Map(all("a", contents).map((link) => [link.hash.slice(1), link]));
  const here = contents.querySelector(".here");
  const headings = all("main h2").filter((heading) => links.has(heading.id));
  let current = null;
  function place() {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const end = innerHeight + scrollY >= root.scrollHeight - 2 && scrollY > 0;
    const heading = end ? headings.at(-1) : passed.at(-1) || headings[0];
    const link = heading && links.get(heading.id);
    if (!link || link === current) return;
    if (current) current.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    here.textContent = `: ${link.textContent}`;
    current = link;
  }
  addEventListener("scroll", place, { passive: true });
  addEventListener("resize", place);
  for (const link of links.values()) {
    link.addEventListener("click", () => { if (narrow.matches) contents.open = false; });
  }

  // ---------------------------------------------------------------- tables
  const text = (cell) => [...cell.childNodes].filter((node) => node.nodeName !== "SMALL")
    .map((node) => node.textContent).join("").trim();
  function key(cell) {
    const found = text(cell).replace(/[\u2212]/g, "-").replace(/(\d),(?=\d{3})/g, "$1")
      .match(/^[<±]?\s*([+-]?\d+(\.\d+)?)/);
    return found ? Number(found[1]) : null;
  }
  function sort(table, column, descending) {
    const body = table.tBodies[0];
    const cells = [...body.rows].map((row) => ({ row, cell: row.cells[column] }));
    cells.sort((a, b) => {
      if (!a.cell || !b.cell) return (a.cell ? 0 : 1) - (b.cell ? 0 : 1);
      const [x, y] = [key(a.cell), key(b.cell)];
      const way = descending ? -1 : 1;
      if (x !== null && y !== null) return way * (x - y);
      if (x !== null || y !== null) return x !== null ? -1 : 1;
      return way * text(a.cell).localeCompare(text(b.cell), undefined, { numeric: true });
    });
    body.append(...cells.map(({ row }) => row));
  }
  for (const table of all("table:not(.prose)")) {
    if (table.tBodies[0].rows.length < 3) continue;
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = make("button", { type: "button", title: "Sort" });
      button.append(...head.childNodes);
      button.addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sort(table, column, descending);
      });
      head.append(button);
    });
  }

  // ---------------------------------------------------------------- words explained at a touch
  // A title is for those who hover; the same is told at a tap and to the keyboard.
  const meaning = make("p", { className: "meaning", hidden: true });
  meaning.setAttribute("role", "status");
  meaning.setAttribute("aria-label", "What the word means");
  document.body.append(meaning);
  const hush = () => { meaning.hidden = true; };
  for (const word of all("main abbr")) {
    const told = word.closest("th button") || word; // the head of a column is one button already
    if (told === word) {
      word.tabIndex = 0;
      word.setAttribute("role", "button");
    }
    const tell = () => {
      meaning.replaceChildren(make("strong", { textContent: word.textContent }), `: ${word.title}`);
      meaning.classList.toggle("above", word.getBoundingClientRect().top > innerHeight / 2);
      meaning.hidden = false;
    };
    told.addEventListener("focus", tell);
    told.addEventListener("click", tell);
    told.addEventListener("blur", hush);
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") hush(); });
  addEventListener("click", (event) => { if (!event.target.closest("abbr, th button:has(abbr)")) hush(); });

  // ---------------------------------------------------------------- saving
  function save(blob, name) {
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  const cell = (one) => [text(one), ...all("small", one).map((small) => small.textContent.trim())]
    .filter(Boolean).join("; ").replace(/\s+/g, " ");
  const shown = (table) => [table.tHead.rows[0], ...table.tBodies[0].rows]
    .map((row) => [...row.cells].map(cell).join("\t")).join("\n") + "\n";
  for (const table of all("table")) {
    const name = table.caption.textContent.trim().replace(/[^\w]+/g, "_").toLowerCase().slice(0, 60);
    const button = make("button", { type: "button", textContent: "TSV" });
    button.setAttribute("aria-label", `TSV: save table ${table.caption.textContent.trim()}`);
    button.addEventListener("click", () => {
      save(new Blob([shown(table)], { type: "text/tab-separated-values" }), `${name}.tsv`);
    });
    table.caption.firstElementChild.append(" ", button);
  }
  const faces = all("style").map((style) => style.textContent.match(/@font-face[^}]+}/g) || [])
    .flat().join("");
  function source(svg) {
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.style.cssText = "font-family: Figure, 'DejaVu Sans', sans-serif; "
      + "stroke-linejoin: round; stroke-linecap: butt";
    copy.prepend(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "style"),
      { textContent: faces }));
    return new XMLSerializer().serializeToString(copy);
  }
  function savePicture(svg, name) {
    const image = new Image();
    image.onload = () => {
      const scale = 300 / 96;
      const canvas = make("canvas", {
        width: svg.getAttribute("width") * scale, height: svg.getAttribute("height") * scale,
      });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, name), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source(svg))}`;
  }
  // Drawings are saved from the page itself, which may have left its folder.
  for (const link of all(".save a")) {
    const svg = link.closest("figure").querySelector(".scroll > svg");
    if (!svg) continue;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (link.download.endsWith(".png")) savePicture(svg, link.download);
      else save(new Blob([source(svg)], { type: "image/svg+xml" }), link.download);
    });
  }
  for (const button of all("button.copy")) {
    button.addEventListener("click", async () => {
      const what = document.getElementById(button.dataset.of);
      const words = (what.innerText || what.textContent).trim();
      try {
        await navigator.clipboard.writeText(words);
      } catch {
        // A page opened as a file may not write to the clipboard by itself.
        getSelection().selectAllChildren(what);
        document.execCommand("copy");
      }
      button.textContent = "Copied";
    });
  }

  // ---------------------------------------------------------------- a threshold to move
  for (const explorer of all(".explorer")) explore(explorer);
  function explore(explorer) {
    const data = JSON.parse(explorer.querySelector('script[type="application/json"]').textContent);
    const form = explorer.querySelector("form");
    const people = all(".people > g", explorer);
    const caption = explorer.querySelector("figcaption");
    const said = explorer.querySelector(".explored");
    const measures = explorer.querySelector(".measures");
    let [threshold, prevalence] = [null, data.prevalence];
    // As in natural_frequencies.tsv: halves upwards.
    const whole = (value) => Math.floor(value + 0.5 + 1e-9);
    const percent = (value) => `${(100 * value).toFixed(1)}\u00a0%`;
    const share = (part, of) => (of > 0 ? percent(part / of) : "n/a");
    function recalls() {
      if (threshold === null) return [data.sensitivity, data.specificity];
      const counts = data.counts.find((row) => Math.abs(row[0] - threshold) < 1e-9);
      if (!counts || counts[1] === null || counts[2] === null) return null;
      return [counts[1] / data.n_positive, 1 - counts[2] / (data.n - data.n_positive)];
    }
    function show() {
      form.elements.at.value = threshold === null ? "the model\u2019s own rule" : percent(threshold);
      form.elements.share.value = (100 * prevalence).toFixed(1);
      form.elements.prevalence.setAttribute("aria-valuetext", `${form.elements.share.value} of 100`);
      const moved = threshold !== null || prevalence !== data.prevalence;
      said.className = moved ? "explored moved" : "explored";
      const found = recalls();
      said.textContent = !found
        ? "Too few people on one side of this threshold to be told of."
        : moved
          ? "Exploration: moved by hand after the result was known. No interval, no test."
          : `As in the answer: ${data.cohort}, n\u00a0=\u00a0${data.n}.`;
      measures.replaceChildren();
      // What a screen reader says when the slider is moved.
      const spoken = !found ? said.textContent
        : `sensitivity ${percent(found[0])}, specificity ${percent(found[1])}`;
      form.elements.threshold.setAttribute("aria-valuetext", `${form.elements.at.value}: ${spoken}`);
      if (!found) { caption.textContent = ""; return; }
      const [sensitivity, specificity] = found;
      const [hit, alarm] = [sensitivity * prevalence, (1 - specificity) * (1 - prevalence)];
      const rows = [
        ["Sensitivity", percent(sensitivity)],
        ["Specificity", percent(specificity)],
        [`Called ${data.positives} who are`, share(hit, hit + alarm)],
        [`Called ${data.negatives} who are`,
          share(1 - prevalence - alarm, 1 - hit - alarm)],
      ];
      if (threshold !== null) {
        const odds = threshold / (1 - threshold);
        rows.push(["Net benefit", (hit - alarm * odds).toFixed(3)]);
        rows.push(["of acting on everybody", (prevalence - (1 - prevalence) * odds).toFixed(3)]);
      }
      for (const [name, value] of rows) {
        measures.append(make("dt", { textContent: name }), make("dd", { textContent: value }));
      }
      const positive = whole(100 * prevalence);
      const right = whole(sensitivity * positive);
      const spared = whole(specificity * (100 - positive));
      const kinds = [["positive right", right], ["positive wrong", positive - right],
        ["negative wrong", 100 - positive - spared], ["negative right", spared]];
      let i = 0;
      for (const [kind, n] of kinds) {
        for (let k = 0; k < n; k += 1, i += 1) people[i].setAttribute("class", kind);
      }
      caption.textContent = `${positive} are ${data.positives} (orange): ${right} are called `
        + `so, ${positive - right} are missed. ${100 - positive} are ${data.negatives} (blue): ${spared} are `
        + `called so, ${100 - positive - spared} are wrongly called ${data.positives}.`;
      people[0].parentNode.setAttribute("aria-label", caption.textContent);
    }
    form.elements.threshold.addEventListener("input", () => {
      threshold = Number(form.elements.threshold.value) / 100;
      show();
    });
    form.elements.prevalence.addEventListener("input", () => {
      prevalence = Number(form.elements.prevalence.value) / 100;
      show();
    });
    form.addEventListener("reset", () => {
      [threshold, prevalence] = [null, data.prevalence];
      setTimeout(show);
    });
    show();
  }

  place();
  toTarget();
})();
