import StrataModel

/// A walk over the references of a namespace under their names there: views of the same bytes, without the prefix.
struct NamespacedRefCursor: RefCursor {
    private var base: any RefCursor
    private let namespace: RefNamespace
    /// Whether the scope may hold what a namespace does not show: `refs/namespaces/a/b` is none of its references.
    private var isMixed: Bool

    /// - Parameter open: gives the walk over a scope of full names.
    init(
        _ namespace: RefNamespace, over scope: RefScope, _ open: (RefScope) throws(RefError) -> any RefCursor
    ) throws(RefError) {
        base = try open(namespace.full(scope))
        self.namespace = namespace
        isMixed = Self.isMixed(scope)
    }

    private static func isMixed(_ scope: RefScope) -> Bool { !scope.prefix.starts(with: "refs/".utf8) }

    mutating func next() throws(RefError) -> RefView? {
        while let view = try base.next() {
            let bare = view.bare(in: namespace)
            if !isMixed || RefNamespace.isShown(bare.name) { return bare }
        }
        return nil
    }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        try base.seek(namespace.full(scope))
        isMixed = Self.isMixed(scope)
    }
}

extension RefView {
    /// The same reference as `namespace` shows it. Its name must begin with the prefix.
    fileprivate func bare(in namespace: RefNamespace) -> RefView {
        let prefix = namespace.prefix
        precondition(Int(nameCount) >= prefix.count, "a reference outside the namespace")
        var (value, form) = unsafe (valueBuffer, self.form)
        if form == .symbolic {
            if unsafe value.count > prefix.count && value.starts(with: prefix) {
                unsafe value = UnsafeBufferPointer(rebasing: value[prefix.count...])
            } else {
                unsafe value = UnsafeBufferPointer(rebasing: value[..<0])
                form = .broken
            }
        }
        let name = unsafe UnsafeBufferPointer(rebasing: nameBuffer[prefix.count...])
        return unsafe RefView(owner: owner, name: name, value: value, peeled: peeledBase, form: form, flags: flags)
    }
}
