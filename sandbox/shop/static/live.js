// An order that waits looks again each second, until it no longer does; the server alone knows how it stands.
const live = document.getElementById("live");
let looks = 0;

async function look() {
  try {
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (fresh && fresh.dataset.state !== live.dataset.state) {
      live.dataset.state = fresh.dataset.state;
      live.replaceChildren(...fresh.childNodes);
    }
  } catch { /* the line is down: the next look may find it up */ }
  looks += 1;
  if (live.dataset.state === "waiting") setTimeout(look, looks < 60 ? 1000 : 10000);
}

setTimeout(look, 500);
