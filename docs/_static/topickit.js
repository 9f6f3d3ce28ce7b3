// The theme's switches of the navigation show an arrow only; screen readers need a name.
document.querySelectorAll("summary:has(> .toctree-toggle)").forEach((summary) => {
  const link = summary.closest("li").querySelector("a");
  summary.setAttribute("aria-label", `Pages of ${link.textContent.trim()}`);
});
