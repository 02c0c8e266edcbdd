/// Which commands may follow which: the life of the transactions in one `update-ref --stdin`.
///
/// Without `start` there is one transaction, committed at the end of the input. With `start` it ends by `commit` or
/// `abort`, and the end of the input aborts it. Git's function: `update_refs_stdin`.
struct UpdateRefSession {
    enum State {
        /// Nobody asked for a transaction.
        case open
        case started
        case prepared
        case closed
    }

    private(set) var state = State.open

    /// Notes that the command `keyword` comes next.
    ///
    /// - Returns: whether a new transaction begins with it.
    /// - Throws: git's fatal message when it may not come now.
    mutating func admit(_ keyword: UpdateRefKeyword) throws(CommandExit) -> Bool {
        switch (state, keyword) {
        case (.open, .start):
            state = .started
        case (.started, .start):
            throw .fatal("cannot restart ongoing transaction")
        case (.open, .prepare), (.started, .prepare):
            state = .prepared
        case (.open, .commit), (.started, .commit), (.prepared, .commit), (.open, .abort), (.started, .abort),
            (.prepared, .abort):
            state = .closed
        case (.open, _), (.started, _):
            break
        case (.prepared, _):
            throw .fatal("prepared transactions can only be closed")
        case (.closed, .start):
            state = .started
            return true
        case (.closed, _):
            throw .fatal("transaction is closed")
        }
        return false
    }
}
