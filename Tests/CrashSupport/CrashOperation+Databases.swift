import StrataModel
import StrataRefs

extension CrashOperation {
    /// What is done to databases alone, each a transaction.
    public static let ofDatabases = [initialize, growth]

    /// Where there is no environment: one is made, and gets a head.
    public static let initialize = CrashOperation("initialize", needs: hasDatabase) { opened, _ in
        try opened.commit([.symbolic(.head, to: RefName("refs/heads/main"))])
    }

    /// More than there is address space for.
    static let growth = CrashOperation("growth", needs: hasDatabase) { opened, ids in
        let message = String(repeating: "a line that is long ", count: 2_000)
        try opened.commit(
            (0..<40).map { .create(try RefName("refs/heads/grown/\($0)"), at: ids.one, message: message) })
    }

    private static let hasDatabase: @Sendable (OpenedCrashStore) -> Bool = { $0.isDatabase }
}
