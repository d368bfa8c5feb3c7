"use strict";
// A form's workbook, dropped anywhere on the page or chosen, is begun at once on
// the phone of somebody who may try it; what its author is told stands beside.

async function tryForm(file) {
  if (!file) return;
  const card = $("trial");
  card.setAttribute("aria-busy", "true");
  $("trial-name").textContent = "正在看 " + file.name + " ……";
  $("findings").replaceChildren();
  complain("");
  try {
    const q = new URLSearchParams({ who: page.who, name: file.name });
    const answer = await fetch("api/form?" + q, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file });
    const got = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(got.error || "没有办成（" + answer.status + "）。");
    drawTrial(file.name, got);
    if (got.who) choose(got.who); else showPane("side");
    refresh();
  } catch (err) {
    $("trial-name").textContent = "";
    complain(err.message === "Failed to fetch" ? "连不上模拟器，请再试一次。" : err.message);
  } finally {
    card.removeAttribute("aria-busy");
    $("form-file").value = ""; // the same file again, when it was mended
  }
}

function drawTrial(file, got) {
  const wrong = got.findings.filter((f) => !f.warning).length;
  const words = [file + "："];
  if (wrong > 0) words.push("有 " + wrong + " 处要改，改了才能填。");
  else words.push(got.who ? "能用，正在手机上填。" : "能用，这里没有人能试。");
  if (got.findings.length > wrong) words.push("提醒 " + (got.findings.length - wrong) + " 条。");
  $("trial-name").textContent = words.join("");
  $("findings").replaceChildren(...got.findings.map((f) => {
    const li = el("li", f.warning ? "hint-line" : "wrong");
    li.append(el("p", "", f.text));
    if (f.marked) li.append(el("pre", "", f.marked));
    return li;
  }));
}

let over = 0; // enter and leave come for every element below
function dragsFile(e) { return !$("trial").hidden && Array.from(e.dataTransfer?.types || []).includes("Files"); }
document.addEventListener("dragenter", (e) => { if (dragsFile(e)) { over++; document.body.classList.add("dropping"); } });
document.addEventListener("dragleave", (e) => { if (dragsFile(e) && --over <= 0) { over = 0; document.body.classList.remove("dropping"); } });
document.addEventListener("dragover", (e) => { if (dragsFile(e)) e.preventDefault(); });
document.addEventListener("drop", (e) => {
  if (!dragsFile(e)) return;
  e.preventDefault();
  over = 0;
  document.body.classList.remove("dropping");
  tryForm(e.dataTransfer.files[0]);
});
$("form-file").addEventListener("change", () => tryForm($("form-file").files[0]));
$("form-choose").addEventListener("click", () => $("form-file").click());
