import StrataModel
import StrataRefs

extension Mutant {
    /// Bytes above 0x7f are compared as if they were negative.
    static let signedBytes = Mutant("the order of signed bytes", foundBy: "order:") {
        $0.lists = { state, scope in
            state.all.keys.filter { scope.contains($0.bytes.span) }.sorted { a, b in
                a.bytes.lexicographicallyPrecedes(b.bytes) { Int8(bitPattern: $0) < Int8(bitPattern: $1) }
            }
        }
    }
}
