import StrataRefs

/// What the file of an intent says.
package struct RefIntentFile: Equatable, Sendable {
    /// The database whose commit decides whether it happens; nil = it will.
    package var decider: Decider?
    package var intents: [RefIntent]

    package init(decider: Decider? = nil, _ intents: [RefIntent]) {
        self.decider = decider
        self.intents = intents
    }

    /// A database (``RefDecider``).
    package struct Decider: Hashable, Sendable {
        /// ``RefDecider/decidingID``
        package var id: [UInt8]
        /// Where it is: below the common dir, or an absolute path.
        package var path: [UInt8]

        package init(id: [UInt8], path: [UInt8]) {
            self.id = id
            self.path = path
        }

        /// How an intent of the repository in `common`, an absolute path, names `decider`: a repository that is moved takes along what is in it.
        init(_ decider: any RefDecider, in common: [UInt8]) {
            id = decider.decidingID
            let (whole, start) = (decider.decidingPath, common + [UInt8(ascii: "/")])
            let inside = Array(whole.dropFirst(start.count))
            path = whole.starts(with: start) && RefIntent.staysInside(inside) && !inside.isEmpty ? inside : whole
        }

        /// The absolute path, where the repository is in `common`.
        func absolutePath(in common: [UInt8]) -> [UInt8] {
            path.first == UInt8(ascii: "/") ? path : common + [UInt8(ascii: "/")] + path
        }

        /// Whether it has decided that `intent` happens; nil where this process does not have it open.
        func hasDecided(_ intent: String, in common: [UInt8]) throws(RefError) -> Bool? {
            guard let found = RefDeciders.find(id, at: absolutePath(in: common)) else { return nil }
            return try found.hasDecided(Array(intent.utf8))
        }
    }
}
