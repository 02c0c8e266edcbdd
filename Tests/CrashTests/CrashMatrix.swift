import CrashSupport
import TestSupport

/// How much of the matrix is run: all of it with `STRATA_CRASH=all` in the environment, which takes some minutes; else a part, another of each
/// operation, so that the stores together see all kinds of calls.
enum CrashMatrix {
    static let isComplete = processEnvironment()["STRATA_CRASH"] == "all"

    /// The stores to try: all, or those whose name has `STRATA_CRASH_STORE` in it.
    static let stores = chosen(CrashStore.all)

    /// Those that are partly in a database.
    static let withDatabase = chosen(CrashStore.withDatabase)

    private static func chosen(_ stores: [CrashStore]) -> [CrashStore] {
        guard let text = processEnvironment()["STRATA_CRASH_STORE"] else { return stores }
        return stores.filter { $0.name.contains(text) }
    }

    /// The indices of `count` points to try.
    static func points(_ count: Int, atMost limit: Int, seed: Int) -> [Int] {
        if isComplete || count <= limit { return Array(0..<count) }
        let step = (count + limit - 1) / limit
        return Array(stride(from: seed % step, to: count, by: step))
    }
}
