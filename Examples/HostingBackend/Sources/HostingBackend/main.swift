// The core of a host, without its network: it makes repositories whose references are in a database, lists them for those who fetch, and
// applies pushes, each as one transaction that is there or not there. It reads requests from its standard input, one a line:
//
//     create NAME
//     advertise NAME [PREFIX]
//     push NAME OLD NEW REF [OLD NEW REF]…        zeros = the reference does not exist, or is to go
//
//     swift run HostingBackend DIRECTORY

import Glibc
import StrataIO
import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage

/// What a host answers to those who ask for something that it will not do.
struct Refusal: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// The repositories below one directory, each opened once.
struct Host {
    let root: FilePath
    private var opened: [String: Repository] = [:]
    /// The process's environment, but for what would lead to another repository.
    private let environment: RepositoryEnvironment

    init(_ root: FilePath) throws {
        self.root = root
        var environment = try RepositoryEnvironment.process()
        for name in ["GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_REFERENCE_BACKEND"] {
            environment.set(name, to: nil)
        }
        self.environment = environment
    }

    private func path(_ name: String) throws -> FilePath {
        guard let component = FilePath.Component(name), component.kind == .regular else {
            throw Refusal("'\(name)' is no name for a repository")
        }
        return root.appending(component)
    }

    func create(_ name: String) throws -> String {
        let request = InitRequest(at: try path(name), bare: true, referenceStorage: ReferenceStorage(format: .lmdb))
        let made = try Repository.initialize(request, environment: environment)
        return made.isReinitialized ? "there already" : "created"
    }

    private mutating func repository(_ name: String) throws -> Repository {
        if let known = opened[name] { return known }
        var environment = environment
        environment.set("GIT_DIR", to: Array(try path(name).string.utf8))
        let repository = try Repository(environment: environment)
        opened[name] = repository
        return repository
    }

    // MARK: Fetching

    /// What a client is shown: the references of one moment, without those that the repository's configuration hides.
    mutating func advertise(_ name: String, _ prefix: String, _ line: (String) -> Void) throws {
        let repository = try repository(name)
        let hidden = try HiddenRefs(repository.config, section: "uploadpack")
        let references = try repository.refs.snapshot()
        if let id = try references.objectID(of: .head) { line("\(id) HEAD") }
        var cursor = try references.cursor(over: RefScope(prefix: Array("refs/\(prefix)".utf8)))
        while let reference = try cursor.next() {
            let name = reference.refName
            guard let id = reference.objectID, !hidden.contains(name.bytes, fullName: name.bytes) else { continue }
            line("\(id) \(name)")
            if let peeled = reference.peeled { line("\(peeled) \(name)^{}") }
        }
    }

    // MARK: Pushing

    /// Applies a push: all of its changes or none.
    mutating func push(_ name: String, _ words: [Substring]) throws -> String {
        let repository = try repository(name)
        let hidden = try HiddenRefs(repository.config, section: "receive")
        guard !words.isEmpty, words.count.isMultiple(of: 3) else {
            throw Refusal("a push is OLD NEW REF, once or more")
        }
        var edits: [RefEdit] = []
        for start in stride(from: 0, to: words.count, by: 3) {
            let name = try RefName(words[start + 2])
            guard name.hasPrefix("refs/"), !hidden.contains(name.bytes, fullName: name.bytes) else {
                throw Refusal("deny updating a hidden ref: \(name)")
            }
            let (old, new) = (try id(words[start], in: repository), try id(words[start + 1], in: repository))
            let change: RefEdit.Change = new.isZero ? .delete : .write(.object(new))
            edits.append(RefEdit(name, change, expecting: .object(old), message: Array("push".utf8)))
        }
        // What has been acknowledged outlasts a loss of power.
        var context = repository.transactionContext()
        context.durability = .full
        context.deadline = .after(milliseconds: 5000)
        do throws(RefError) {
            try repository.refs.commit(RefTransaction(edits), context)
            return "ok"
        } catch {
            throw Refusal(reason(error))
        }
    }

    private func id(_ text: Substring, in repository: Repository) throws -> ObjectID {
        guard let id = ObjectID(hex: text), id.algorithm == repository.hashAlgorithm else {
            throw Refusal("'\(text)' is no object id")
        }
        return id
    }

    /// Why a push was refused, so that a client can tell what to do.
    private func reason(_ error: RefError) -> String {
        switch error.code {
        case .rejected:
            switch error.rejection?.reason {
            case .incorrectOldValue, .createExists, .nonexistentRef: "fetch first: \(error.message)"
            case .invalidNewValue: "missing objects: \(error.message)"
            default: "rejected: \(error.message)"
            }
        case .locked: "busy, try again: \(error.message)"
        case .refused: "hook declined: \(error.message)"
        default: "failed: \(error.message)"
        }
    }
}

guard let root = CommandLine.arguments.dropFirst().first else {
    print("usage: HostingBackend DIRECTORY")
    exit(129)
}
var host: Host
do { host = try Host(FilePath(root)) } catch {
    print("error: \(error)")
    exit(128)
}
while let request = readLine() {
    let words = request.split(separator: " ")
    do {
        switch (words.first, words.count) {
        case ("create", 2): print(try host.create(String(words[1])))
        case ("advertise", 2...3):
            try host.advertise(String(words[1]), words.count == 3 ? String(words[2]) : "") { print($0) }
            print("done")
        case ("push", 2...): print(try host.push(String(words[1]), Array(words[2...])))
        default: print("refused: unknown request")
        }
    } catch {
        print("refused: \(error)")
    }
}
