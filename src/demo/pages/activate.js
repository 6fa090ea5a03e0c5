"use strict";
(() => {
  const form = document.getElementById("activation");
  const words = form.dataset;
  const field = (name) => document.getElementById(name);
  const notice = field("notice"), send = field("send"), show = field("show");
  form.noValidate = true;

  const blame = (name, text) => {
    field(name).setAttribute("aria-invalid", text ? "true" : "false");
    field(name + "-error").textContent = text;
  };
  const clear = () => { notice.textContent = ""; ["code", "password", "repeat"].forEach((name) => blame(name, "")); };
  const refuse = (problems) => {
    for (const [name, text] of problems) { if (name) blame(name, text); else notice.textContent = text; }
    const first = problems.find(([name]) => name);
    if (first) field(first[0]).focus();
  };
  const check = () => {
    const problems = [];
    const password = field("password").value, repeat = field("repeat").value;
    if (!field("code").value.trim()) problems.push(["code", words.required]);
    const short = [...password].length < Number(field("password").minLength);
    if (short) problems.push(["password", words.short]);
    if (password !== repeat && (repeat || !short)) problems.push(["repeat", words.differ]);
    return problems;
  };
  const explain = async (answer) => {
    if (answer.status === 404) return [["code", words.wrong]];
    if (answer.status === 400) return [["", words.active]];
    if (answer.status === 410) return [["code", words.expired]];
    if (answer.status !== 422) return [["", words.failed]];
    const body = await answer.json().catch(() => ({}));
    const places = Array.isArray(body.detail) ? body.detail.map((problem) => problem.loc && problem.loc.at(-1)) : [];
    return [places.includes("password") ? ["password", words.short] : places.includes("activation_code") ? ["code", words.wrong] : ["", words.failed]];
  };

  show.hidden = false;
  show.addEventListener("click", () => {
    const hidden = field("password").type === "password";
    for (const name of ["password", "repeat"]) field(name).type = hidden ? "text" : "password";
    show.textContent = hidden ? words.hide : words.show;
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.getAttribute("aria-disabled") === "true") return;
    clear();
    const problems = check();
    if (problems.length) return refuse(problems);
    send.setAttribute("aria-disabled", "true");
    try {
      const answer = await fetch("/api/v1/auth/activate", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ activation_code: field("code").value.trim(), password: field("password").value }),
      });
      if (!answer.ok) return refuse(await explain(answer));
      form.reset();
      field("entry").hidden = true;
      field("done").hidden = false;
      field("done").focus();
    } catch {
      refuse([["", words.offline]]);
    } finally {
      send.setAttribute("aria-disabled", "false");
    }
  });
})();
