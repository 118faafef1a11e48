"use strict";
// What a server said is only ever set as text. The page's policy forbids everything that would make markup of it.
{
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

  // el makes an element. Children are elements, or texts.
  const el = (name, attributes = {}, ...children) => {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) e.setAttribute(key, value);
    e.append(...children.filter(c => c !== undefined && c !== ""));
    return e;
  };
  const svg = (name, attributes) => {
    const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
    return e;
  };
  const say = text => { $("#said").textContent = text; };
  const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: false });
  const time = ms => ms < 1000 ? `${numbers.format(ms)} ms` : `${numbers.format(ms / 1000)} s`;
  const kind = step => `s${Math.floor((step.status || 0) / 100)}`;

  let parsed;
  const data = () => parsed ??= JSON.parse($("#data").textContent) ?? {};
  const steps = () => data().steps ?? [];

  // Bodies.

  const token = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/gs;
  const pointerPart = text => text.replaceAll("~", "~0").replaceAll("/", "~1");

  // pretty writes JSON with its places apart, and leaves every token as it was sent. It returns the elements by pointer;
  // undefined if the text is no JSON.
  const pretty = (text, pre) => {
    if (!/^\s*[[{]/.test(text)) return undefined;
    const places = new Map();
    const open = []; // the containers that are not closed yet
    let into = pre, key = "", value = true;
    const indent = () => into.append("\n" + "  ".repeat(open.length));
    const here = () => open.map(o => "/" + o.key).join("");
    const begin = () => {
      const top = open.at(-1);
      if (top) top.key = top.list ? String(top.n++) : key;
      const place = el("span");
      if (!places.has(here())) places.set(here(), place);
      into.append(place);
      return place;
    };
    for (const [t] of text.matchAll(token)) {
      const top = open.at(-1);
      if (t === "{" || t === "[") {
        if (top?.fresh) { top.fresh = false; }
        if (top?.list) indent();
        const place = begin();
        place.append(t);
        open.push({ list: t === "[", n: 0, key: "", fresh: true, outer: into });
        into = place;
        value = t === "[";
      } else if (t === "}" || t === "]") {
        if (!top) return places;
        open.pop();
        if (!top.fresh) indent();
        into.append(t);
        into = top.outer;
      } else if (t === ",") {
        into.append(",");
        value = top?.list ?? true;
      } else if (t === ":") {
        into.append(": ");
        value = true;
      } else if (top && !top.list && !value) {
        top.fresh = false;
        indent();
        try { key = pointerPart(JSON.parse(t)); } catch { key = t; }
        into.append(el("span", { class: "k" }, t));
      } else {
        if (top) top.fresh = false;
        if (top?.list) indent();
        const place = begin();
        place.className = t.startsWith('"') ? "s" : /^[-\d]/.test(t) ? "n" : "w";
        place.append(t);
        value = false;
      }
    }
    return places;
  };

  // markPlace shows where a body is wrong: at the pointer, or at the nearest place around it.
  const markPlace = (places, pointer, expected) => {
    let at = pointer;
    while (at && !places.has(at)) at = at.slice(0, at.lastIndexOf("/"));
    const place = places.get(at);
    if (!place) return;
    const missing = at !== pointer;
    const mark = el("mark");
    if (missing) mark.append(place.firstChild ?? "");
    else mark.append(...place.childNodes);
    const short = expected.length > 90 ? expected.slice(0, 90) + "…" : expected;
    const why = el("span", { class: "why" }, missing ? `  ← no ${pointer}; expected ${short}` : `  ← expected ${short}`);
    // After the whole of a short value; after the first line of one that has many.
    if (!missing && mark.textContent.includes("\n")) {
      place.replaceChildren(...mark.childNodes);
      mark.replaceChildren(place.firstChild);
    }
    place.prepend(mark, why);
  };

  const body = (title, text, pointer, expected) => {
    const pre = el("pre", { tabindex: "0", role: "group", "aria-label": title });
    const places = pretty(text, pre);
    if (!places) pre.textContent = text;
    else if (pointer) markPlace(places, pointer, expected);
    return [el("h5", {}, title), pre];
  };

  const headers = (title, fields) => {
    const pre = el("pre", { tabindex: "0", role: "group", "aria-label": title });
    fields.forEach(([name, value], i) => pre.append(i ? "\n" : "", el("span", { class: "k" }, name), ": ", value));
    return [el("h5", {}, title), pre];
  };

  // detail is everything about an exchange.
  const detail = (step, wrong) => {
    const pointer = side => wrong && wrong.in === side ? wrong.pointer : "";
    const request = el("div"), response = el("div");
    if (step.qh) request.append(...headers("Request headers, without credentials", step.qh));
    if (step.q) request.append(...body("Request body", step.q, pointer("request"), wrong?.expected));
    if (!step.qh && !step.q) request.append(el("h5", {}, "Request"), el("p", { class: "quiet" }, "No body, and no headers but the credentials."));
    if (step.a) response.append(...body("Response body", step.a, pointer("response"), wrong?.expected));
    if (step.ah) response.append(...headers("Response headers", step.ah));
    if (!step.a) response.append(el("h5", {}, "Response"), el("p", { class: "quiet" }, step.problem || "No body."));
    const about = [`exchange #${step.n}`, step.op, step.scenario && `scenario “${step.scenario}”`].filter(Boolean).join(" · ");
    const sides = el("div", { class: "sides" }, request, response);
    const detail = el("div", { class: "detail" }, el("p", { class: "quiet" }, about));
    if (wrong && !$("mark", sides)) detail.append(el("p", { class: "why" }, `Expected here: ${wrong.expected}`));
    detail.append(sides);
    return detail;
  };

  // exchange is an exchange in a line, which opens.
  const exchange = (step, first, wrong, last) => {
    const code = el("span", { class: `code ${kind(step)}` }, step.status ? String(step.status) : "no answer");
    const summary = el("summary", {}, ...first, el("span", { class: "who" }, step.role),
      el("span", { class: "what" }, el("code", {}, `${step.method} ${step.path}`)), code,
      el("span", { class: "ms" }, time(step.ms)), ...(last ? [last] : []));
    const details = el("details", { class: wrong ? "step wrong" : "step" }, summary);
    const fill = () => { if (details.childElementCount === 1) details.append(detail(step, wrong)); };
    details.addEventListener("toggle", () => {
      if (!details.open) return;
      fill();
      const pre = $("mark", details)?.closest("pre");
      if (pre) pre.scrollTop = $("mark", pre).offsetTop - pre.offsetTop - 60;
    });
    if (wrong) { fill(); details.open = true; }
    return details;
  };

  // Stories.

  const tell = story => {
    if (story.childElementCount > 1) return;
    const places = story.dataset.steps.split(" ").map(Number);
    const wrong = { pointer: story.dataset.pointer, in: story.dataset.in, expected: story.dataset.expected };
    const list = el("ol", { class: "steps" });
    places.forEach((place, i) => {
      const first = el("span", { class: "n quiet" }, `${i + 1}.`);
      list.append(el("li", {}, exchange(steps()[place], [first], i === places.length - 1 ? wrong : undefined)));
    });
    story.append(list);
  };
  const stories = $$(".story");
  for (const story of stories) story.addEventListener("toggle", () => { if (story.open) tell(story); });

  // Copying.

  const copy = async text => {
    if (navigator.clipboard) {
      try { return await navigator.clipboard.writeText(text); } catch { /* the older way is left */ }
    }
    const area = el("textarea", { "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not allow it");
  };
  for (const button of $$(".copies")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await copy($("pre", button.parentElement).textContent);
        button.textContent = "Copied";
        say("The script is copied.");
      } catch (error) {
        button.textContent = "Not copied";
        say(`The script is not copied: ${error.message}.`);
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // The timeline.

  const timeline = $("#times") && (() => {
    const perPage = 100;
    let all, chosen = [], page = 0, end = 1;
    const bars = [];

    // draw shows every exchange as a bar. Exchanges that were under way at the same time are below one another.
    const draw = () => {
      all = steps().slice(0, data().timeline);
      end = Math.max(1, ...[0], all.reduce((latest, s) => Math.max(latest, s.at + s.ms), 0));
      const free = []; // when each lane is free again
      const lane = all.map(s => {
        let at = free.findIndex(f => f <= s.at);
        if (at < 0) at = free.length;
        free[at] = s.at + s.ms;
        return at;
      });
      const height = free.length > 40 ? 4 : 8;
      const chart = svg("svg", { height: free.length * height, viewBox: `0 0 1000 ${free.length * height}`, preserveAspectRatio: "none" });
      all.forEach((s, i) => {
        const bar = svg("rect", {
          class: kind(s), x: 1000 * s.at / end, y: lane[i] * height, width: Math.max(.8, 1000 * s.ms / end), height: height - 1,
        });
        bar.dataset.step = i;
        bars.push(bar);
        chart.append(bar);
      });
      chart.addEventListener("click", e => { if (e.target.dataset.step) show(Number(e.target.dataset.step)); });
      $("#lanes").append(chart, el("p", {}, el("span", {}, "0"), el("span", {}, time(end))));
      $("#pager").hidden = false;
    };

    const list = () => {
      const pages = Math.max(1, Math.ceil(chosen.length / perPage));
      page = Math.min(page, pages - 1);
      const part = chosen.slice(page * perPage, (page + 1) * perPage);
      const from = part.reduce((first, i) => Math.min(first, all[i].at), Infinity);
      const to = part.reduce((latest, i) => Math.max(latest, all[i].at + all[i].ms), from + 1);
      $("#exchanges").replaceChildren(...part.map(i => {
        const s = all[i];
        const fall = svg("svg", { class: "fall", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" });
        fall.append(svg("rect", { class: kind(s), x: 100 * (s.at - from) / (to - from), width: Math.max(.7, 100 * s.ms / (to - from)), height: 8 }));
        const first = [el("span", { class: "n at" }, `#${s.n}`), el("span", { class: "at" }, `+${time(s.at)}`)];
        const item = el("li", {}, exchange(s, first, undefined, fall));
        item.dataset.step = i;
        return item;
      }));
      $("#pages").textContent = chosen.length ? `${page * perPage + 1} to ${page * perPage + part.length} of ${chosen.length}` : "none";
      $("#before").disabled = page === 0;
      $("#after").disabled = page >= pages - 1;
    };

    const choose = matches => {
      if (!all) draw();
      chosen = all.map((_, i) => i).filter(i => matches(all[i]));
      if ($("#order").value === "ms") chosen.sort((a, b) => all[b].ms - all[a].ms);
      const on = new Set(chosen);
      bars.forEach((bar, i) => bar.classList.toggle("off", !on.has(i)));
      page = 0;
      list();
      $("#times .empty").hidden = chosen.length > 0;
      return chosen.length;
    };

    const show = i => {
      if (!chosen.includes(i)) clear();
      page = Math.floor(chosen.indexOf(i) / perPage);
      list();
      const details = $(`li[data-step="${i}"] details`, $("#exchanges"));
      details.open = true;
      details.scrollIntoView({ block: "center" });
      $("summary", details).focus({ preventScroll: true });
    };

    $("#order").addEventListener("change", () => apply());
    $("#before").addEventListener("click", () => { page--; list(); });
    $("#after").addEventListener("click", () => { page++; list(); });
    return { choose, total: () => data().timeline };
  })();

  // The filter.

  const read = () => ({
    text: $("#text").value.trim().toLowerCase(),
    outcomes: $$("[name=outcome]:checked").map(box => box.value),
    level: $("#level").value, role: $("#role")?.value ?? "", operation: $("#operation")?.value ?? "",
  });
  const texts = new WeakMap();
  const textOf = e => {
    if (!texts.has(e)) texts.set(e, e.textContent.toLowerCase());
    return texts.get(e);
  };
  const has = (list, value) => list.split(" ").includes(value);
  const matches = (e, f) => {
    const d = e.dataset;
    return (!f.outcomes.length || f.outcomes.includes(d.outcome)) && (!f.level || d.level === f.level) &&
      (!f.role || has(d.roles, f.role)) && (!f.operation || !d.operations || has(d.operations, f.operation)) &&
      (!f.text || textOf(e).includes(f.text));
  };
  const failures = $$(".failure"), rules = $$(".rule"), causes = $$(".cause"), subjects = $$(".subject");
  for (const failure of failures) textOf(failure); // before stories add to it

  const choose = (elements, f) => {
    let n = 0;
    for (const e of elements) {
      e.hidden = !matches(e, f);
      if (!e.hidden) n++;
    }
    return n;
  };

  // A cause stays as a whole if one of its failures matches.
  const chooseCauses = f => {
    let n = 0;
    for (const cause of causes) {
      const of = $$(".failure", cause), any = of.filter(e => matches(e, f)).length;
      cause.hidden = any === 0;
      for (const e of of) e.hidden = false;
      n += any;
    }
    return n;
  };

  const apply = () => {
    const f = read();
    const found = chooseCauses(f), kept = choose(rules, f);
    for (const subject of subjects) subject.hidden = !$$(".rule", subject).some(rule => !rule.hidden);
    const empty = $$("main > section > .empty");
    if (empty[0]) empty[0].hidden = found > 0 || failures.length === 0;
    if (empty[1]) empty[1].hidden = kept > 0;
    const parts = [`${found} of ${failures.length} failures`, `${kept} of ${rules.length} rules`];
    if (timeline && started) parts.push(`${timeline.choose(s =>
      (!f.role || s.role === f.role) && (!f.operation || s.op === f.operation) &&
      (!f.text || `${s.method} ${s.path} ${s.status} ${s.role} ${s.op ?? ""} ${s.scenario ?? ""} #${s.n}`.toLowerCase().includes(f.text)))} of ${timeline.total()} exchanges`);
    const filtered = f.text || f.outcomes.length || f.level || f.role || f.operation;
    if (filtered) for (const subject of subjects) subject.open ||= !subject.hidden;
    $("#shown").textContent = filtered ? parts.join(", ") : "";
    $("#shown").classList.toggle("away", !filtered);
  };
  let started = false; // the timeline is drawn when it is near, or when somebody filters
  const start = () => { if (!started) { started = true; apply(); } };
  $("#filter").hidden = false;
  $("#filter").addEventListener("submit", e => e.preventDefault());
  $("#filter").addEventListener("input", () => { started = true; apply(); });
  const clear = () => { $("#filter").reset(); apply(); };
  $("#clear").addEventListener("click", clear);
  if (timeline) {
    new IntersectionObserver((entries, observer) => {
      if (entries.some(e => e.isIntersecting)) { observer.disconnect(); start(); }
    }, { rootMargin: "600px" }).observe($("#times"));
  }

  // A link opens what it points to.
  const follow = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let hid = false;
    for (let e = target; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
      if (e.hidden) hid = true;
    }
    if (hid) clear();
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);

  // Light or dark.
  const themes = ["auto", "light", "dark"];
  const button = $("#theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % themes.length];
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    button.textContent = `Theme: ${next}`;
  });

  // On paper nothing opens, so the failures are open.
  addEventListener("beforeprint", () => {
    for (const details of $$(".follows, .story, .script")) details.open = true;
    stories.forEach(tell);
  });

  // The first story is told at once: it is what people come for.
  if (stories[0]) { stories[0].open = true; tell(stories[0]); }
  follow();
}
