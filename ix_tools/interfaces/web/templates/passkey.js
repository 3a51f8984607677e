(() => {
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), one => one.charCodeAt(0))
  const text = data => btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
  const known = list => (list || []).map(one => ({...one, id: bytes(one.id)}))
  // Of many documents, those that are left out are signed too, and only this form knows them.
  const digest = async (record, form) => {
    const left_out = [...form.elements].filter(one => one.name.startsWith("out-") && one.checked).map(one => +one.name.slice(4))
    const chosen = JSON.stringify({...JSON.parse(record), left_out: left_out.sort((one, other) => one - other)})
    return crypto.subtle.digest("SHA-256", new TextEncoder().encode(chosen))
  }
  const ask = async (given, form) => {
    const challenge = given.record ? await digest(given.record, form) : bytes(given.challenge)
    if (!given.user) return navigator.credentials.get({publicKey: {...given, challenge, allowCredentials: known(given.allowCredentials)}})
    const user = {...given.user, id: bytes(given.user.id)}
    return navigator.credentials.create({publicKey: {...given, challenge, user, excludeCredentials: known(given.excludeCredentials)}})
  }
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", async event => {
      const answer = form.elements.answer, button = event.submitter
      if (answer.value || button?.formNoValidate) return
      event.preventDefault()
      const problem = form.querySelector("[data-problem]")
      problem.hidden = true
      try {
        const made = await ask(JSON.parse(form.dataset.passkey), form)
        const response = {}
        for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
          if (made.response[name]) response[name] = text(made.response[name])
        answer.value = JSON.stringify({id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {}})
        form.requestSubmit(button)
      } catch (error) {
        problem.hidden = false
        problem.focus()
      }
    })
  }
})()
