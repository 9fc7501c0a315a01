package vulkan

import (
	"errors"
	"fmt"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/spirv"
)

// Bits and numbers of the headers.
const (
	setLayoutPush     = 1 // VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR
	kindStorageBuffer = 7
	stageFullGroups   = 2 // VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT
)

// program is a pipeline.
type program struct {
	device   *Device
	kernel   *ir.Kernel
	pipeline uintptr
	layout   *layout
}

func (p *program) Kernel() *ir.Kernel { return p.kernel }

// layout is how a pipeline gets its buffers and scalars: the same for all kernels with that many
// buffers.
type layout struct {
	set      uintptr
	pipeline uintptr
}

// Compile implements driver.Device.
func (d *Device) Compile(k *ir.Kernel) (driver.Program, error) {
	if err := d.physical.info.Supports(k); err != nil {
		return nil, err
	}
	fail := func(err error) error { return &driver.Error{Op: "compile", Kernel: k.Name, Err: err} }
	target := d.physical.target
	if k.Subgroup != 0 {
		target.SubgroupSize = k.Subgroup
		if d.physical.chooseSubgroup && k.Lanes() > k.Subgroup*d.physical.maxSubgroups {
			return nil, fail(fmt.Errorf("%w: %d subgroups in a workgroup", driver.ErrUnsupported, k.Lanes()/k.Subgroup))
		}
	}
	module, err := spirv.Module(k, target)
	if lack := (*spirv.UnsupportedError)(nil); errors.As(err, &lack) {
		return nil, fail(fmt.Errorf("%w: %s", driver.ErrUnsupported, lack.Need))
	}
	if err != nil {
		return nil, fail(err)
	}
	p := &program{device: d, kernel: k}
	d.do(func(c *dl.Caller) {
		if err = d.dead; err == nil {
			err = d.compile(c, p, module)
		}
	})
	if err != nil {
		if e := (*driver.Error)(nil); errors.As(err, &e) && e.Op == "compile" {
			e.Kernel = k.Name
		}
		return nil, err
	}
	return p, nil
}

// compile makes the pipeline of a module.
func (d *Device) compile(c *dl.Caller, p *program, module []uint32) (err error) {
	a := &d.arena
	a.Reset()
	if p.layout, err = d.layout(c, len(p.kernel.Buffers)); err != nil {
		return err
	}
	code, codeAt := dl.Slice[uint32](a, len(module))
	copy(code, module)
	shader, shaderAt := dl.New[shaderModuleCreateInfo](a)
	shader.sType, shader.size, shader.code = typeShaderModuleCreateInfo, uintptr(4*len(code)), codeAt
	out, outAt := dl.New[uintptr](a)
	if err := d.check("compile", c.Call(d.vk.CreateShaderModule, d.handle, shaderAt, 0, outAt)); err != nil {
		return err
	}
	defer c.Call(d.vk.DestroyShaderModule, d.handle, *out, 0)

	info, infoAt := dl.New[computePipelineCreateInfo](a)
	info.sType, info.layout, info.baseIndex = typeComputePipelineCreateInfo, p.layout.pipeline, -1
	stage := &info.stage
	stage.sType, stage.stage, stage.module, stage.name = typeShaderStageCreateInfo, stageBitCompute, *out, a.CString("main")
	if n := p.kernel.Subgroup; n != 0 {
		if d.physical.chooseSubgroup {
			size, sizeAt := dl.New[requiredSubgroupSize](a)
			size.sType, size.size = typeRequiredSubgroupSize, uint32(n)
			stage.next = sizeAt
		}
		if d.physical.fullSubgroups && p.kernel.Workgroup[0]%n == 0 {
			stage.flags = stageFullGroups
		}
	}
	if err := d.check("compile", c.Call(d.vk.CreateComputePipelines, d.handle, d.cache, 1, infoAt, 0, outAt)); err != nil {
		return err
	}
	p.pipeline = *out
	d.programs = append(d.programs, p.pipeline)
	return nil
}

// layout returns the layout for n buffers.
func (d *Device) layout(c *dl.Caller, n int) (*layout, error) {
	if l, ok := d.layouts[n]; ok {
		return l, nil
	}
	a := &d.arena
	bindings, bindingsAt := dl.Slice[setLayoutBinding](a, n)
	for i := range bindings {
		bindings[i] = setLayoutBinding{binding: uint32(i), kind: kindStorageBuffer, count: 1, stages: stageBitCompute}
	}
	set, setAt := dl.New[setLayoutCreateInfo](a)
	set.sType, set.count, set.bindings = typeSetLayoutCreateInfo, uint32(n), bindingsAt
	if d.physical.pushDescriptor {
		set.flags = setLayoutPush
	}
	l := &layout{}
	out, outAt := dl.New[uintptr](a)
	if err := d.check("compile", c.Call(d.vk.CreateDescriptorSetLayout, d.handle, setAt, 0, outAt)); err != nil {
		return nil, err
	}
	l.set = *out
	push, pushAt := dl.New[pushConstantRange](a)
	*push = pushConstantRange{stages: stageBitCompute, size: maxPushBytes}
	info, infoAt := dl.New[pipelineLayoutCreateInfo](a)
	info.sType, info.setCount, info.sets, info.rangeCount, info.ranges = typePipelineLayoutCreateInfo, 1, outAt, 1, pushAt
	out, outAt = dl.New[uintptr](a)
	if err := d.check("compile", c.Call(d.vk.CreatePipelineLayout, d.handle, infoAt, 0, outAt)); err != nil {
		c.Call(d.vk.DestroyDescriptorSetLayout, d.handle, l.set, 0)
		return nil, err
	}
	l.pipeline = *out
	d.layouts[n] = l
	return l, nil
}
