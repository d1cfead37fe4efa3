// In a delegation the category follows from the role: it is chosen as soon as delegation
// and role are. <form data-by-role="role=category …"> says which.
for (const form of document.querySelectorAll("form[data-by-role]")) {
  const { category, delegation, role } = form.elements;
  const of = Object.fromEntries(form.dataset.byRole.split(" ").map((pair) => pair.split("=")));
  const follow = () => {
    if (!delegation.value || category.value === of[role.value]) return;
    category.value = of[role.value];
    category.dispatchEvent(new Event("change", { bubbles: true }));
  };
  for (const el of [delegation, role]) el.addEventListener("change", follow);
  if (!category.value) follow();
}
