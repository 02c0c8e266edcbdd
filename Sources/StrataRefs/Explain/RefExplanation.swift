public import StrataModel

/// What a store is asked to explain.
public enum RefQuestion: Sendable, Hashable {
    /// One name, as ``RefSnapshot/read(_:)`` reads it.
    case name(RefName)
    /// A listing.
    case scope(RefScope)
}

/// How a store came to an answer: what it is, what it said, what it opened for that, and what the stores beneath it said.
///
/// Made by asking each layer anew, for people who want to know where an answer comes from and what it costs; reading and listing keep no
/// account of anything.
public struct RefExplanation: Sendable {
    /// What a layer said.
    public enum Answer: Sendable {
        /// The reference holds this.
        case value(RefValue)
        /// There is no such reference.
        case absent
        /// There is one beneath, which does not show; the text says why.
        case hidden(String)
        /// The listing has this many references.
        case listed(Int)
        /// It was not asked; the text says why.
        case notAsked(String)
        /// It could not say.
        case failed(RefError)
    }

    /// Something that was opened for the answer.
    public struct Access: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable {
            /// Files that were read.
            case read
            /// A file that was mapped for this.
            case mapped
            /// A file that is mapped already, and was found unchanged by its stamp.
            case unchanged
            /// Directories that were read.
            case directories
            /// Looked for, and not there.
            case missing
        }

        public let kind: Kind
        /// The file, or the directory around all of them.
        public let path: String
        /// How many there are.
        public let count: Int
        /// The bytes read, or mapped; 0 for directories.
        public let bytes: Int

        public init(_ kind: Kind, _ path: String, count: Int = 1, bytes: Int = 0) {
            self.kind = kind
            self.path = path
            self.count = count
            self.bytes = bytes
        }
    }

    /// What the layer is to the one above: `front`, `default`, `refs/changes/`; empty for the store that was asked.
    public var role = ""
    /// The kind of store: `files`, `overlay`; for stores that say nothing of themselves the name of their type.
    public let store: String
    /// Which of its kind: a path, a namespace; may be empty.
    public let place: String
    public let question: RefQuestion
    public let answer: Answer
    public var accesses: [Access] = []
    /// What else there is to say: whether a cache knew the answer, say.
    public var notes: [String] = []
    /// The stores beneath, in the order in which they are asked.
    public var layers: [RefExplanation] = []

    public init(_ store: String, at place: String = "", _ question: RefQuestion, _ answer: Answer) {
        self.store = store
        self.place = place
        self.question = question
        self.answer = answer
    }

    /// The files that were opened, here and beneath.
    public var fileCount: Int {
        let own = accesses.reduce(0) { $0 + ($1.kind == .read || $1.kind == .mapped ? $1.count : 0) }
        return layers.reduce(own) { $0 + $1.fileCount }
    }

    /// The bytes that were read or mapped, here and beneath.
    public var byteCount: Int {
        let own = accesses.reduce(0) { $0 + ($1.kind == .read || $1.kind == .mapped ? $1.bytes : 0) }
        return layers.reduce(own) { $0 + $1.byteCount }
    }

    /// The first failure, here or beneath.
    public var failure: RefError? {
        if case .failed(let error) = answer { return error }
        return layers.lazy.compactMap(\.failure).first
    }
}

extension RefExplanation {
    /// The same, as a layer of another store.
    public func playing(_ role: String) -> RefExplanation {
        var copy = self
        copy.role = role
        return copy
    }
}

extension RefQuestion {
    /// What `snapshot` says.
    public func answer(of snapshot: () throws(RefError) -> any RefSnapshot) -> RefExplanation.Answer {
        do throws(RefError) {
            switch self {
            case .name(let name):
                guard let value = try snapshot().read(name) else { return .absent }
                return .value(value)
            case .scope(let scope):
                var cursor = try snapshot().cursor(over: scope)
                var count = 0
                while try cursor.next() != nil { count += 1 }
                return .listed(count)
            }
        } catch {
            return .failed(error)
        }
    }
}

extension RefStore {
    /// For a store that says nothing of what is beneath it: its own answer.
    public func explain(_ question: RefQuestion) -> RefExplanation {
        RefExplanation("\(type(of: self))", question, question.answer { () throws(RefError) in try snapshot() })
    }

    /// A layer of this store's that was not asked.
    func unasked(_ question: RefQuestion, _ reason: String) -> RefExplanation {
        RefExplanation(kindOfStore, question, .notAsked(reason))
    }

    /// What explanations call the store.
    var kindOfStore: String { (self as? any NamedRefStore)?.explainedKind ?? "\(type(of: self))" }

    /// The explanation of a store that stands before another and answers as that does.
    public func explain(_ question: RefQuestion, as store: String, around base: any RefStore) -> RefExplanation {
        explanation(store, question, [base.explain(question)])
    }

    /// The store's own answer over those of its layers, which were asked first: what they open is then not open already.
    package func explanation(
        _ store: String, at place: String = "", _ question: RefQuestion, _ layers: [RefExplanation]
    ) -> RefExplanation {
        var own = RefExplanation(
            store, at: place, question, question.answer { () throws(RefError) in try snapshot() })
        own.layers = layers
        return own
    }
}

/// A store with a name for explanations.
package protocol NamedRefStore: RefStore {
    var explainedKind: String { get }
}
