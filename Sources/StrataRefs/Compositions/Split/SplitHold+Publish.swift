extension SplitHold {
    /// Commits `parts`, all staged, in their order: the one step of a split transaction that others see.
    ///
    /// - Throws: ``RefError``; one that says so where a part committed before that changed something.
    static func publish(_ parts: [PartHold]) throws(RefError) {
        var hasChanged = false
        for one in parts {
            do throws(RefError) {
                try one.held.commit()
            } catch {
                throw hasChanged ? error.afterPartialCommit() : error
            }
            hasChanged = hasChanged || one.hasStaged
        }
    }
}
