import StrataModel
import StrataRefs

/// A reference as the listing verbs print it: resolved, its name still where the store keeps it.
struct ListedRef: Sendable {
    let view: RefView
    /// The object that it leads to.
    let id: ObjectID
    /// What that object peels to, where the store keeps it.
    let peeled: ObjectID?
    /// For a symbolic reference, the reference at the end of the chain.
    let target: RefName?

    /// Appends the name to `output`.
    func appendName(to output: inout Bytes) {
        unsafe output.append(contentsOf: view.nameBuffer)
    }
}
