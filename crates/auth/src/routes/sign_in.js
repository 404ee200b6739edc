// The wanted page may have a fragment (#part). Browsers keep it through redirects, but no server ever sees it, and a
// form does not send it. So it moves into the form's return path, which the server checks.
const { hash } = location;
if (hash.length > 1 && hash.length <= 512) {
  for (const field of document.querySelectorAll('form[action^="/auth/signin/"] input[name="callbackUrl"]')) {
    if (!field.value.includes('#') && field.value.length + hash.length <= 2048) field.value += hash;
  }
}
