import Glibc
import StrataModel
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

/// Reading beside git: the same files, the same answers.
@Suite struct LooseRefReadTests {
    /// What `read` says, in words that can be had from git too.
    private func words(_ repository: LooseRepository, _ name: String) throws -> String {
        switch try repository.reader.read(Array(name.utf8)) {
        case .absent, .directory: return "absent"
        case .value(.broken): return "absent"  // `rev-parse` and `symbolic-ref` cannot tell
        case .value(.object(let id, _)): return id.hex
        case .value(.symbolic(let target)): return "-> " + String(decoding: target, as: UTF8.self)
        }
    }

    private func gitWords(_ repository: LooseRepository, _ name: String) throws -> String {
        if let target = try repository.tryGit("symbolic-ref", "--no-recurse", name) { return "-> " + target }
        return try repository.tryGit("rev-parse", "--verify", "-q", name) ?? "absent"
    }

    @Test func oddFiles() throws {
        let repository = try LooseRepository()
        let hex = repository.first.hex
        let files = [
            hex + "\n", hex, hex + "\r\n", hex + "  ", hex + " garbage\n", hex + "\nmore\n", hex.uppercased() + "\n",
            " " + hex, "", String(hex.dropLast()), hex + "x", "REF: refs/heads/main", "ref: refs/heads/main\n",
            "ref:refs/heads/main", "ref: \t refs/heads/main  \r\n", "ref: refs/heads/main\0junk",
            "ref: HEAD\n", String(repeating: "0", count: 40) + "\n", hex + "\0x", "ref: refs/heads/nowhere",
        ]
        for (index, text) in files.enumerated() { try repository.write("refs/odd/f\(index)", text) }
        for (index, text) in files.enumerated() {
            let name = "refs/odd/f\(index)"
            let (ours, theirs) = (try words(repository, name), try gitWords(repository, name))
            #expect(ours == theirs, "\(text.debugDescription)")
        }
    }

    @Test func symbolicLinks() throws {
        let repository = try LooseRepository()
        repository.link("refs/heads/symref", to: "refs/heads/main")
        repository.link("refs/heads/dangling", to: "refs/heads/none")
        repository.link("refs/heads/followed", to: "../heads/main")
        repository.link("refs/heads/nothing", to: "nowhere")
        repository.link("refs/heads/bad", to: "refs/heads/..")
        repository.link("refs/heads/directory", to: "../tags")
        for name in ["symref", "dangling", "followed", "nothing", "bad", "directory"] {
            let (ours, theirs) = (
                try words(repository, "refs/heads/" + name), try gitWords(repository, "refs/heads/" + name)
            )
            #expect(ours == theirs, "\(name)")
        }
        repository.link("refs/heads/loop", to: "loop")
        #expect { try repository.reader.read(Array("refs/heads/loop".utf8)) } throws: {
            ($0 as? RefError)?.code == .unavailable
        }
    }

    @Test func whatIsNoReference() throws {
        let repository = try LooseRepository()
        for name in ["refs", "refs/heads", "refs/heads/main/x", "refs/none/x/y"] {
            #expect(try words(repository, name) == "absent", "\(name)")
        }
        // A FIFO with nobody at its other end must not hang the reader.
        #expect(unsafe mkfifo(repository.path("refs/heads/fifo").string, 0o666) == 0)
        guard case .value(.broken(.content)) = try repository.reader.read(Array("refs/heads/fifo".utf8)) else {
            Issue.record("a FIFO was read as a reference")
            return
        }
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 5000)
        #expect { try repository.reader.read(long) } throws: { ($0 as? RefError)?.code == .unavailable }
    }

    @Test func hostileSizes() throws {
        let repository = try LooseRepository()
        try repository.write("refs/heads/long", "ref: " + String(repeating: "x", count: 1 << 20))
        try repository.write("refs/heads/fits", "ref: refs/" + String(repeating: "x", count: 4000) + "\n")
        try repository.write("refs/heads/huge", repository.first.hex + "\n")
        #expect(unsafe truncate(repository.path("refs/heads/huge").string, 1 << 36) == 0)
        guard case .value(.broken(.content)) = try repository.reader.read(Array("refs/heads/long".utf8)),
            case .value(.symbolic(let target)) = try repository.reader.read(Array("refs/heads/fits".utf8)),
            case .value(.object(let id, nil)) = try repository.reader.read(Array("refs/heads/huge".utf8))
        else {
            Issue.record("wrong forms")
            return
        }
        #expect(target.count == 4005)
        #expect(id == repository.first)
    }
}
