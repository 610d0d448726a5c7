// Shows what the page holds: it folds, sorts, filters and links, and works no figure out.
"use strict";

{
  const read = (id) => JSON.parse(document.getElementById(id).textContent);

  /** Make an element; texts are texts, whatever they look like. */
  const make = (name, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };

  /** Let a path be broken behind its dots. */
  const broken = (path) => path.split(/(?<=\.)/).flatMap((part) => [part, make("wbr")]);

  const tip = document.getElementById("tip");

  /** One network: its lines, which of them are shown, and in which order. */
  class Network {
    constructor(place, summary, shown) {
      this.article = document.getElementById(`network-${place}`);
      this.summary = summary;
      Object.assign(this, shown); // columns, lines, ranks, formulas
      this.parents = [];
      const above = [];
      this.lines.forEach((line, i) => {
        this.parents.push(line.level ? above[line.level - 1] : -1);
        above[line.level] = i;
      });
      this.open = new Set([...this.lines.keys()].filter((i) => this.lines[i].open));
      this.told = new Set(); // lines whose arithmetic is shown
      this.sort = null; // { column, turned }
      this.needle = "";
      this.body = this.article.querySelector("table.layers tbody");
      this.headings = [...this.article.querySelectorAll("table.layers thead th")];
      this.filter = this.article.querySelector(".controls input");
      this.count = this.article.querySelector(".controls output");
      this.unsort = this.article.querySelector(".unsort");
      this.marks = new Map(); // line -> what stands for it in drawings
    }

    start() {
      this.article.querySelector(".controls").hidden = false;
      this.headings.forEach((heading, column) => {
        const button = make("button", { type: "button", textContent: heading.textContent });
        button.addEventListener("click", () => this.turn(column));
        heading.replaceChildren(button);
      });
      this.filter.addEventListener("input", () => {
        this.needle = this.filter.value.trim().toLowerCase();
        this.render();
      });
      this.unsort.addEventListener("click", () => {
        this.sort = null;
        this.render();
      });
      this.article.querySelector(".fold-all").addEventListener("click", () => this.fold([]));
      this.article.querySelector(".unfold-all").addEventListener("click", () => this.fold(this.lines.keys()));
      this.body.addEventListener("click", (event) => this.press(event.target.closest("button")));
      this.body.addEventListener("pointerover", (event) => this.point(event.target.closest("tr[data-line]")));
      this.body.addEventListener("pointerleave", () => this.point(null));
      this.article.addEventListener("click", (event) => {
        const link = event.target.closest("button[data-place]");
        if (link) this.jump(Number(link.dataset.place));
      });
      this.render();
    }

    // ---- which lines

    fold(open) {
      this.open = new Set(open);
      this.render();
    }

    /** Sort by a column, then the other way round, then not at all. */
    turn(column) {
      if (this.sort?.column !== column) this.sort = { column, turned: false };
      else this.sort = this.sort.turned ? null : { column, turned: true };
      this.render();
    }

    /** Tell whether a line is meant; of blocks it is the path alone, since their types name what is in them. */
    meant({ path, cells, rows, entry }) {
      const type = !rows || entry ? cells[0] : "";
      return path.toLowerCase().includes(this.needle) || type.toLowerCase().includes(this.needle);
    }

    /** Give the lines that are shown, with whether those below them are. */
    listed() {
      const found = [];
      const opened = new Set(); // lines whose children are shown
      const inside = new Set(); // lines that are meant, and all that is below them
      const around = new Set(); // lines that something meant is below
      this.lines.forEach((line, i) => {
        if (inside.has(this.parents[i])) inside.add(i);
        else if (this.needle && this.meant(line)) {
          inside.add(i);
          for (let up = this.parents[i]; up >= 0; up = this.parents[up]) around.add(up);
        }
      });
      this.lines.forEach((line, i) => {
        const up = this.parents[i];
        if (up >= 0 && !opened.has(up)) return;
        if (this.needle && !inside.has(i) && !around.has(i)) return;
        const open = Boolean(line.rows) && (around.has(i) || this.open.has(i));
        if (open) opened.add(i);
        found.push({ i, open, level: line.level });
      });
      if (!this.sort) return found;
      const ranks = this.ranks[this.sort.column];
      const sign = this.sort.turned ? -1 : 1;
      return found
        .filter(({ open }) => !open)
        .map(({ i }) => ({ i, open: false, level: 0 }))
        .sort((a, b) => {
          const [one, other] = [ranks[a.i], ranks[b.i]];
          if (one === null || other === null) return (one === null) - (other === null);
          return sign * (one - other);
        });
    }

    // ---- the table

    render() {
      const focused = this.body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.line : null;
      const listed = this.listed();
      const rows = document.createDocumentFragment();
      for (const one of listed) {
        rows.append(this.row(one));
        if (this.told.has(one.i)) rows.append(this.telling(one.i));
      }
      if (!listed.length) {
        rows.append(make("tr", {}, make("td", { colSpan: this.columns.length, textContent: "Nothing is called like that." })));
      }
      this.body.replaceChildren(rows);
      this.headings.forEach((heading, column) => {
        if (this.sort?.column !== column) heading.removeAttribute("aria-sort");
        else heading.ariaSort = this.sort.turned === this.columns[column].right ? "ascending" : "descending";
      });
      this.unsort.disabled = !this.sort;
      this.count.textContent = `${listed.length} of ${this.lines.length} lines`;
      if (focused !== null) this.at(focused)?.querySelector("button")?.focus({ preventScroll: true });
    }

    row({ i, open, level }) {
      const line = this.lines[i];
      const row = make("tr");
      row.dataset.line = i;
      row.classList.toggle("peak", Boolean(line.peak));
      row.classList.toggle("block", Boolean(line.rows));
      const name = make("th", { scope: "row" }, this.name(line, i, open));
      if (line.peak) name.append(" ", make("span", { className: "badge", textContent: "peak" }));
      name.style.setProperty("--level", level);
      row.append(name, ...line.cells.map((text, k) => this.cell(text, this.columns[k + 1])));
      return row;
    }

    name(line, i, open) {
      const label = make("bdi", {}, ...broken(this.sort ? line.path : line.label));
      if (!line.rows && !line.formulas) return make("span", { className: "name" }, label);
      const button = make("button", { type: "button", className: `name ${line.rows ? "fold" : "tell"}`, title: line.path }, label);
      button.ariaExpanded = String(line.rows ? open : this.told.has(i));
      return button;
    }

    cell(text, column) {
      const cell = make("td", { textContent: text, className: column.right ? "right" : "" });
      if (column.name.endsWith("_percent") && text) {
        cell.classList.add("share");
        cell.style.setProperty("--part", `${Number(text) || 0}%`);
      }
      return cell;
    }

    /** Show the arithmetic of a row, and where the row is written. */
    telling(i) {
      const line = this.lines[i];
      const { line: at, source_file: file, group } = this.summary.layers[line.row];
      const place = `${file ?? this.summary.source}:${at}${group ? `, in ${group}` : ""}`;
      const text = make("pre", { textContent: line.formulas.map((k) => this.formulas[k]).join("\n"), tabIndex: 0, role: "group" });
      text.ariaLabel = `Arithmetic of ${line.path}`;
      const box = make("div", {}, text, make("p", { className: "place", textContent: place }));
      return make("tr", { className: "telling" }, make("td", { colSpan: this.columns.length }, box));
    }

    press(button) {
      if (!button) return;
      const i = Number(button.closest("tr").dataset.line);
      const chosen = button.classList.contains("fold") ? this.open : this.told;
      if (!chosen.delete(i)) chosen.add(i);
      this.render();
    }

    at(i) {
      return this.body.querySelector(`tr[data-line="${i}"]`);
    }

    // ---- links with drawings

    /** Show a line, whatever hides it. */
    jump(i) {
      for (let up = this.parents[i]; up >= 0; up = this.parents[up]) this.open.add(up);
      if (this.needle || this.sort) {
        this.needle = this.filter.value = "";
        this.sort = null;
      }
      this.render();
      const row = this.at(i);
      row.scrollIntoView({ block: "center", inline: "nearest" });
      row.classList.add("found");
      row.querySelector("button, .name")?.focus({ preventScroll: true });
    }

    /** Mark a row of the table, or what it is folded into, and all that stands for it. */
    light(i) {
      document.querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));
      for (let up = i; up >= 0; up = this.parents[up]) {
        const row = this.at(up);
        const marks = this.marks.get(up) ?? [];
        row?.classList.add("lit");
        marks.forEach((mark) => mark.classList.add("lit"));
        if (row || marks.length) return;
      }
    }

    point(row) {
      this.light(row ? Number(row.dataset.line) : -1);
    }

    /** Say what the figures of a line are. */
    figures(i) {
      const { path, cells } = this.lines[i];
      const pairs = this.columns.slice(1).map(({ title }, k) => [title, cells[k]]);
      const list = make("dl");
      for (const [title, text] of pairs.filter(([, text]) => text && text !== "–")) {
        list.append(make("dt", { textContent: title }), make("dd", { textContent: text }));
      }
      return [make("strong", {}, make("bdi", { textContent: path })), list];
    }
  }

  /** Link a drawing with the rows of its network: what has a `data-row` stands for that line. */
  const link = (figure, network) => {
    const box = figure.querySelector(".scroll");
    const marks = [...figure.querySelectorAll("[data-row]")].filter((mark) => mark.dataset.row in network.lines);
    let current = -1;
    marks.forEach((mark) => {
      const i = Number(mark.dataset.row);
      network.marks.set(i, [...(network.marks.get(i) ?? []), mark]);
      mark.querySelector("title")?.remove(); // the tip says it, and more
    });
    const show = (mark, x, y) => {
      const i = Number(mark.dataset.row);
      network.light(i);
      mark.classList.add("lit");
      tip.replaceChildren(...network.figures(i));
      tip.hidden = false;
      const left = Math.min(x + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
      const top = y + 18 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 12 : y + 18;
      tip.style.left = `${Math.max(left, 8)}px`;
      tip.style.top = `${Math.max(top, 8)}px`;
    };
    const hide = () => {
      tip.hidden = true;
      network.light(-1);
    };
    box.addEventListener("pointermove", (event) => {
      const mark = marks.find((one) => one.contains(event.target));
      if (mark) show(mark, event.clientX, event.clientY);
      else hide();
    });
    box.addEventListener("pointerleave", hide);
    box.addEventListener("blur", hide);
    box.addEventListener("click", (event) => {
      const mark = marks.find((one) => one.contains(event.target));
      if (mark) follow(mark);
    });
    const follow = (mark) => {
      hide();
      network.jump(Number(mark.dataset.row));
    };
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      else if (event.key === "Enter" && marks[current]) follow(marks[current]);
      else if (event.key in steps && marks.length) {
        current = Math.min(Math.max(current + steps[event.key], 0), marks.length - 1);
        marks[current].scrollIntoView({ block: "nearest", inline: "nearest" });
        const { left, bottom } = marks[current].getBoundingClientRect();
        show(marks[current], left, bottom);
      } else return;
      event.preventDefault();
    });
  };

  /** Switch between light and dark, for as long as the page is there. */
  const themed = () => {
    const button = document.getElementById("theme");
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const root = document.documentElement.style;
    const dark = () => (root.colorScheme || (system.matches ? "dark" : "light")) === "dark";
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
    const drawn = rules.filter((rule) => rule.media?.mediaText.includes("prefers-color-scheme")); // drawings bring their own colours
    const paint = (scheme) => drawn.forEach((rule) => (rule.media.mediaText = scheme === "dark" ? "all" : "not all"));
    const say = () => {
      button.textContent = dark() ? "Light" : "Dark";
      paint(dark() ? "dark" : "light");
    };
    button.addEventListener("click", () => {
      root.colorScheme = dark() ? "light" : "dark";
      say();
    });
    system.addEventListener("change", say);
    window.addEventListener("beforeprint", () => paint("light"));
    window.addEventListener("afterprint", say);
    button.hidden = false;
    say();
  };

  /** Print what is folded away outside the tables, too. */
  const printed = () => {
    let closed = [];
    window.addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      closed.forEach((one) => (one.open = true));
    });
    window.addEventListener("afterprint", () => closed.forEach((one) => (one.open = false)));
  };

  const summaries = [read("summary")].flat();
  const networks = read("shown").map((shown, i) => new Network(i, summaries[i], shown));
  networks.forEach((network) => network.start());
  document.querySelectorAll("figure[data-network]").forEach((figure) => link(figure, networks[figure.dataset.network]));
  themed();
  printed();
}
