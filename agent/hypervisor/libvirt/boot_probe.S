// What the acceleration probe boots: two sectors that lead a guest through what every boot loader and kernel does, since a KVM
// that runs a few real-mode instructions may still stop at the first of these (one was seen to fail at IRET in protected mode).
//
// real mode -> protected mode (task register, software interrupt and its return, a copy beyond 1 MiB) -> back to real mode, a disk
// read by the BIOS -> protected mode with 32-bit paging -> long mode with a page fault that is mended, and the timer's interrupts.
// Then it writes to QEMU's isa-debug-exit. Whatever goes wrong ends in a triple fault, a halt or a hang instead.
//
// It is data of this program: its labels are given as addresses at which the BIOS loads it.

#define ORIGIN 0x7c00
#define AT(label) (ORIGIN + (label) - standin_boot_probe)

#define ANSWER_PORT 0x501
#define ANSWER 0x10
#define TICKS 5

#define CODE32 0x08
#define DATA 0x10
#define CODE16 0x18
#define DATA16 0x20
#define CODE64 0x28
#define TASK 0x30

#define IDT32 0x8000     // two gates are used
#define TSS 0x9000
#define TABLES32 0xa000  // page directory for 32-bit paging
#define PML4 0x10000     // four tables, 4 KiB each
#define PDPT 0x11000
#define PD 0x12000
#define PT 0x13000
#define IDT64 0x14000
#define BEYOND 0x100000  // 1 MiB: needs the A20 line

    .section .rodata.boot_probe, "a"
    .global standin_boot_probe
    .global standin_boot_probe_end
    .balign 16
standin_boot_probe:
    .code16
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $ORIGIN, %sp
    ljmp $0, $AT(start)
start:
    movb %dl, AT(drive)
    lgdtl AT(gdt_pointer)
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmp $CODE32, $AT(protected)

    .code32
protected:
    movw $DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    inb $0x92, %al  // A20
    orb $2, %al
    andb $0xfe, %al
    outb %al, $0x92
    movl $TSS, %edi
    xorl %eax, %eax
    movl $26, %ecx
    rep stosl
    movw $TASK, %ax
    ltr %ax
    // gate 0 of an interrupt table of one: `software`
    movl $(CODE32 << 16 | AT(software)), IDT32
    movl $0x00008e00, IDT32 + 4
    lidtl AT(idt32_pointer)
    xorl %ebx, %ebx
    int $0
    cmpl $1, %ebx
    jne failed32
    // what boot loaders do with a kernel
    movl $ORIGIN, %esi
    movl $BEYOND, %edi
    movl $128, %ecx
    rep movsl
    cmpw $0xaa55, BEYOND + 510
    jne failed32
    ljmp $CODE16, $AT(leaving)
failed32:
    hlt
    jmp failed32
software:
    incl %ebx
    iretl

    .code16
leaving:
    movw $DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl %cr0, %eax
    andb $0xfe, %al
    movl %eax, %cr0
    ljmp $0, $AT(real)
real:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    lidtl AT(idt16_pointer)
    sti
    movw $0x0201, %ax  // read one sector: the second
    movw $0x0002, %cx
    movb $0, %dh
    movb AT(drive), %dl
    movw $AT(second), %bx
    int $0x13
    cli
    jnc second
failed16:
    hlt
    jmp failed16

drive:
    .byte 0
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00009b000000ffff
    .quad 0x000093000000ffff
    .quad 0x00af9b000000ffff
    .quad 0x0000890000000067 | (TSS << 16)
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long AT(gdt)
idt32_pointer:
    .word 7
    .long IDT32
idt16_pointer:
    .word 0x3ff
    .long 0
    .org 510
    .word 0xaa55  // what the BIOS takes for a sign that it may be booted

second:
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmp $CODE32, $AT(protected_again)

    .code32
protected_again:
    movw $DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $ORIGIN, %esp
    // 32-bit paging: one page of 4 MiB, each address its own
    movl $TABLES32, %edi
    xorl %eax, %eax
    movl $1024, %ecx
    rep stosl
    movl $0x83, TABLES32
    movl %cr4, %eax
    orb $0x10, %al
    movl %eax, %cr4
    movl $TABLES32, %eax
    movl %eax, %cr3
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    jmp paged
paged:
    movl BEYOND, %eax
    cmpl %eax, ORIGIN
    jne failed32
    movl %cr0, %eax
    andl $0x7fffffff, %eax
    movl %eax, %cr0
    // long mode: pages of 4 KiB for the first 2 MiB, of which one is missing
    movl $PML4, %edi
    xorl %eax, %eax
    movl $0xc00, %ecx
    rep stosl
    movl $(PDPT | 3), PML4
    movl $(PD | 3), PDPT
    movl $(PT | 3), PD
    movl $PT, %edi
    movl $3, %eax
    movl $512, %ecx
page:
    movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $8, %edi
    addl $0x1000, %eax
    loop page
    andl $0xfffffffe, PT + 8 * (BEYOND >> 12)
    movl %cr4, %eax
    orb $0x20, %al
    movl %eax, %cr4
    movl $PML4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    ljmp $CODE64, $AT(long_mode)

    .code64
long_mode:
    movl $IDT64, %edi
    xorl %eax, %eax
    movl $0x400, %ecx
    rep stosl
    movl $(CODE64 << 16 | AT(page_fault)), IDT64 + 16 * 14
    movl $0x8e00, IDT64 + 16 * 14 + 4
    movl $(CODE64 << 16 | AT(tick)), IDT64 + 16 * 32
    movl $0x8e00, IDT64 + 16 * 32 + 4
    lidt AT(idt64_pointer)
    movl BEYOND, %eax  // missing until page_fault has mended it
    cmpl %eax, ORIGIN
    jne failed64
    // interrupt controllers: vectors from 32 on, the timer's alone
    movb $0x11, %al
    outb %al, $0x20
    outb %al, $0xa0
    movb $32, %al
    outb %al, $0x21
    movb $40, %al
    outb %al, $0xa1
    movb $4, %al
    outb %al, $0x21
    movb $2, %al
    outb %al, $0xa1
    movb $1, %al
    outb %al, $0x21
    outb %al, $0xa1
    movb $0xfe, %al
    outb %al, $0x21
    movb $0xff, %al
    outb %al, $0xa1
    // timer: 1193182 Hz / 1193 is a thousand ticks a second
    movb $0x34, %al
    outb %al, $0x43
    movb $(1193 & 0xff), %al
    outb %al, $0x40
    movb $(1193 >> 8), %al
    outb %al, $0x40
    xorl %ebx, %ebx
    sti
wait:
    hlt
    cmpl $TICKS, %ebx
    jb wait
    cli
    movw $ANSWER_PORT, %dx
    movb $ANSWER, %al
    outb %al, %dx
failed64:
    hlt
    jmp failed64
tick:
    pushq %rax
    incl %ebx
    movb $0x20, %al
    outb %al, $0x20
    popq %rax
    iretq
page_fault:
    orl $1, PT + 8 * (BEYOND >> 12)
    invlpg BEYOND
    addq $8, %rsp  // the error code
    iretq
idt64_pointer:
    .word 16 * 33 - 1
    .quad IDT64
    .org 1024
standin_boot_probe_end:

    .section .note.GNU-stack, "", @progbits
