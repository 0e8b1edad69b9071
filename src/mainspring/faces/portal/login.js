// The key goes to the gateway once; what comes back is a cookie that scripts cannot read.
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const status = document.getElementById("status");
  try {
    const answer = await fetch("/v1/session", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key: form.key.value }),
    });
    if (answer.ok) location.href = "/";
    else status.textContent = form.dataset.wrong;
  } catch {
    status.textContent = form.dataset.away;
  }
});
