/// The words in which laws say what must be.
protocol Expecting {}

extension Expecting {
    /// Ends the law as broken unless `found` is `expected`.
    func expect<Value: Equatable>(
        _ found: Value, _ expected: Value, _ what: @autoclosure () -> String
    ) throws {
        guard found == expected else {
            throw LawBroken("\(what()): \(words(found)) instead of \(words(expected))")
        }
    }

    func expect(_ isSo: Bool, _ what: @autoclosure () -> String) throws {
        guard isSo else { throw LawBroken(what()) }
    }

    private func words(_ value: some Any) -> String {
        switch value {
        case let text as String: "'\(text)'"
        case let text as String?: text.map { "'\($0)'" } ?? "nothing"
        default: "\(value)"
        }
    }
}
