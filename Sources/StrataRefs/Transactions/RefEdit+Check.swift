import StrataModel

extension RefEdit {
    /// Checks what can be said of this edit before any reference is read: its name, and the object that it writes.
    ///
    /// A transaction checks this itself; a caller that collects edits can tell early which one is at fault. Git checks the same
    /// when an update is queued (`ref_transaction_update`).
    /// - Throws: ``RefError``; with the code `rejected` where a batched transaction would only reject this edit.
    public func check(_ context: RefTransactionContext) throws(RefError) {
        if checksName { try RefEditRules.checkName(name, change) }
        guard checksObject, let id = newID, let objects = context.objects else { return }
        do throws(RefTransactionPlan.Verdict) {
            try RefEditRules.checkObject(id, for: name, in: objects)
        } catch {
            switch error {
            case .rejected(let rejection): throw RefError(rejection, of: name)
            case .failed(let failure): throw failure
            }
        }
    }
}
